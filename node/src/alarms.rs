//! What is wrong in the federation as far as this node can know: each alarm with a stable code,
//! since when, one sentence what and one sentence what to do. `docs/operating.md` lists them.
//!
//! A function of facts: it asks nobody and keeps nothing.

use proto::federation::Version;
use proto::hash::Timestamp;
use proto::time::utc;

const DAY_S: u64 = 86_400;
/// A federation file is to be renewed this long before it expires.
const RENEW_S: u64 = 30 * DAY_S;
/// How often a log publishes, as long as that is not known.
const USUAL_S: u64 = 60;

/// Fewer anchors that can be paid for are too few.
const ANCHORS_LEFT: u128 = 10;

/// Something that needs somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// A stable word.
    pub code: &'static str,
    /// When it began, if the facts say so.
    pub since: Option<Timestamp>,
    /// An operator's or an authority's name.
    pub subject: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub next_step: &'static str,
}

/// What is known of one log.
#[derive(Clone, Debug, Default)]
pub struct LogFacts {
    /// Name of its authority.
    pub authority: String,
    /// When its newest checkpoint was cosigned.
    pub last: Option<Timestamp>,
    /// When the checkpoints before it were, oldest first.
    pub times: Vec<Timestamp>,
    /// It has shown two faces.
    pub split: bool,
    /// Since when revocations that are held here are overdue.
    pub overdue: Option<Timestamp>,
}

/// What is known of one other operator.
#[derive(Clone, Debug, Default)]
pub struct PeerFacts {
    /// Its name.
    pub operator: String,
    /// Since when it does not cosign or answer.
    pub failing: Option<Timestamp>,
}

/// What is known of a clock outside the federation.
#[derive(Clone, Debug, Default)]
pub struct ClockFacts {
    /// Its name.
    pub name: String,
    /// When it is late, if nothing comes of it until then.
    pub late: Option<Timestamp>,
    /// Anchors that can be paid for.
    pub anchors_left: Option<u128>,
    /// When its certificate ends.
    pub ends: Option<Timestamp>,
}

/// What is known of this node.
#[derive(Clone, Debug, Default)]
pub struct NodeFacts {
    /// Name of the authority whose log it writes.
    pub authority: Option<String>,
    /// Whether submissions are published.
    pub ready: bool,
    /// The word for what it is doing.
    pub state: &'static str,
    /// The sentence for it.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}

/// Everything that alarms are made of.
pub struct Facts<'a> {
    /// What the clock says.
    pub now: Timestamp,
    /// The newest version of the federation.
    pub version: &'a Version,
    /// This node.
    pub node: NodeFacts,
    /// The logs.
    pub logs: Vec<LogFacts>,
    /// The other operators.
    pub peers: Vec<PeerFacts>,
    /// The clocks outside the federation.
    pub clocks: Vec<ClockFacts>,
}

/// All alarms: the federation, its quorum, its operators, its logs, this node.
pub fn alarms(facts: &Facts<'_>) -> Vec<Alarm> {
    let mut found = Vec::new();
    found.extend(expiry(facts));
    found.extend(quorum(facts));
    found.extend(facts.peers.iter().filter_map(peer));
    for log in &facts.logs {
        found.extend(split(log));
        found.extend(standing(facts, log));
        found.extend(overdue(log));
    }
    for one in &facts.clocks {
        found.extend(clock_late(facts.now, one));
        found.extend(clock_money(one));
        found.extend(clock_ends(facts.now, one));
    }
    found.extend(node(&facts.node));
    found
}

fn expiry(facts: &Facts<'_>) -> Option<Alarm> {
    let end = facts.version.expires.end();
    let soon = Timestamp(end.0.saturating_sub(RENEW_S));
    let next_step =
        "Sign a new version of the federation file with the governance keys of a quorum.";
    let alarm = |code, since, message| {
        Some(Alarm { code, since: Some(since), subject: None, message, next_step })
    };
    if facts.now >= end {
        let message = "The federation file has expired: no status counts as fresh any more.";
        return alarm("expired", end, message.to_owned());
    }
    if facts.now >= soon {
        let message = format!("The federation file expires at {}.", utc(end));
        return alarm("expires-soon", soon, message);
    }
    None
}

/// Each operator that fails takes one from those that the quorum can do without.
fn quorum(facts: &Facts<'_>) -> Option<Alarm> {
    let operators = facts.version.operators.len();
    let quorum = usize::try_from(facts.version.quorum).unwrap_or(usize::MAX);
    let mut failing: Vec<Timestamp> = facts.peers.iter().filter_map(|peer| peer.failing).collect();
    failing.sort_unstable();
    let alive = operators.saturating_sub(failing.len());
    if alive < quorum {
        // The quorum was lost with the first one too many.
        let since = failing.get(operators.saturating_sub(quorum)).copied();
        let message = format!(
            "{alive} of {operators} operators answer and {quorum} are needed: nothing new can be \
             published."
        );
        let next_step = "Bring the silent data centres back; nothing is lost meanwhile.";
        return Some(Alarm { code: "no-quorum-left", since, subject: None, message, next_step });
    }
    if alive == quorum && !failing.is_empty() {
        let since = failing.get(operators.saturating_sub(quorum).saturating_sub(1)).copied();
        let message = format!(
            "{alive} of {operators} operators answer and {quorum} are needed: 0 more may fail."
        );
        let next_step = "See to the silent data centres before another one fails.";
        return Some(Alarm { code: "no-spare", since, subject: None, message, next_step });
    }
    None
}

fn peer(peer: &PeerFacts) -> Option<Alarm> {
    Some(Alarm {
        code: "peer-failing",
        since: Some(peer.failing?),
        subject: Some(peer.operator.clone()),
        message: format!(
            "The operator {} does not answer this node, or refuses it.",
            peer.operator
        ),
        next_step: "Ask its operator whether that node runs; it catches up by itself.",
    })
}

fn split(log: &LogFacts) -> Option<Alarm> {
    log.split.then(|| Alarm {
        code: "split-view",
        since: None,
        subject: Some(log.authority.clone()),
        message: format!("The log of {} has signed two histories.", log.authority),
        next_step: "Keep the files under /evidence and tell all operators.",
    })
}

/// Whether a log has not published for longer than is usual for it, or than a status may be old.
fn standing(facts: &Facts<'_>, log: &LogFacts) -> Option<Alarm> {
    let (last, now) = (log.last?, facts.now);
    let gaps = log.times.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(b.0.saturating_sub(a.0)),
        _ => None,
    });
    let usual = gaps.max().filter(|_| log.times.len() > 2).unwrap_or(USUAL_S).max(USUAL_S / 3);
    let late = last.0.saturating_add(usual.saturating_mul(3)).saturating_add(USUAL_S);
    let old = last.0.saturating_add(facts.version.status_age_s);
    let (code, since, what) = match now.0 {
        now if now > old => ("status-too-old", old, "longer than a status may be old"),
        now if now > late => ("late", late, "longer than is usual for it"),
        _ => return None,
    };
    Some(Alarm {
        code,
        since: Some(Timestamp(since)),
        subject: Some(log.authority.clone()),
        message: format!("The log of {} has not published for {what}.", log.authority),
        next_step: "Its operator looks at /readyz and at the log lines of its node.",
    })
}

fn overdue(log: &LogFacts) -> Option<Alarm> {
    Some(Alarm {
        code: "revocation-overdue",
        since: Some(log.overdue?),
        subject: Some(log.authority.clone()),
        message: format!("The log of {} leaves out a revocation that is held here.", log.authority),
        next_step: "Its operator sees that its node reaches this one, and fetches the revocation.",
    })
}

fn clock_late(now: Timestamp, clock: &ClockFacts) -> Option<Alarm> {
    let since = clock.late.filter(|late| *late < now)?;
    Some(Alarm {
        code: "anchor-late",
        since: Some(since),
        subject: Some(clock.name.clone()),
        message: format!("The outside clock {} has brought no evidence for too long.", clock.name),
        next_step: "Run beleg-node anchor list: it says what each clock waits for.",
    })
}

fn clock_money(clock: &ClockFacts) -> Option<Alarm> {
    let left = clock.anchors_left.filter(|left| *left < ANCHORS_LEFT)?;
    Some(Alarm {
        code: "anchor-money-low",
        since: None,
        subject: Some(clock.name.clone()),
        message: format!("There is money for {left} more anchors of the clock {}.", clock.name),
        next_step: "Send money to its address; docs/anchors.md says where it stands.",
    })
}

fn clock_ends(now: Timestamp, clock: &ClockFacts) -> Option<Alarm> {
    let ends = clock.ends?;
    let since = Timestamp(ends.0.saturating_sub(RENEW_S));
    (now >= since).then(|| Alarm {
        code: "anchor-certificate-ends",
        since: Some(since),
        subject: Some(clock.name.clone()),
        message: format!("The certificate of {} ends at {}.", clock.name, utc(ends)),
        next_step: "Ask the time-stamping authority for its new one, and name its root in time.",
    })
}

fn node(node: &NodeFacts) -> Option<Alarm> {
    if node.ready {
        return None;
    }
    let (code, next_step) = match node.state {
        "clock-behind" => ("clock-behind", "Set the clock of the node and keep it by NTP."),
        _ => ("node-not-ready", "Do what the message says; docs/operating.md explains each state."),
    };
    let (since, subject) = (Some(node.since), node.authority.clone());
    Some(Alarm { code, since, subject, message: node.message.clone(), next_step })
}

#[cfg(test)]
mod tests;
