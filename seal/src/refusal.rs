//! Why a file cannot be sealed.

/// Why a PDF cannot carry its receipt. Each has one sentence and a stable code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No PDF header at its first byte.
    #[error("It is not a PDF file.")]
    NotPdf,
    /// A strict reader does not take it.
    #[error("Its structure is not sound: {0}.")]
    Broken(Fault),
    /// Objects of an encrypted file cannot be added to.
    #[error("It is encrypted, and nothing can be attached without the password.")]
    Encrypted,
    /// There is one seal or none.
    #[error("It is sealed already.")]
    AlreadySealed,
    /// Over a limit of size.
    #[error("It has more than {limit} bytes.")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// Over another limit.
    #[error("It is too intricate to be read within fixed time and memory.")]
    TooIntricate,
    /// A certifying signature, a lock, or usage rights.
    #[error("A signature in it forbids additions.")]
    SignatureForbids,
    /// The file says that it conforms to a part of PDF/A without attachments of any kind.
    #[error("It is PDF/A-{part}, which forbids this kind of attachment; only PDF/A-3 allows it.")]
    PdfAForbids {
        /// The part of ISO 19005.
        part: u8,
    },
    /// An attachment has the receipt's name.
    #[error("It has an attachment of the name receipt.tlog-proof already.")]
    NameTaken,
    /// The receipt has more bytes than one can have.
    #[error("The receipt is larger than a receipt can be.")]
    ReceiptTooLarge,
}

/// What is not sound in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The end of the file.
    #[error("it does not end in startxref, a number and %%EOF")]
    End,
    /// A cross-reference section.
    #[error("a cross-reference table or stream is malformed")]
    Xref,
    /// Sections that lead back to themselves.
    #[error("its cross-reference sections form a loop")]
    Loop,
    /// The trailer.
    #[error("its trailer is malformed")]
    Trailer,
    /// An object that is not where the table says.
    #[error("an object is not where the cross-reference says")]
    Object,
    /// A dictionary, array, string or number.
    #[error("an object is malformed")]
    Syntax,
    /// A stream.
    #[error("a stream is malformed or uses a filter that is not expected there")]
    Stream,
    /// The catalog.
    #[error("its catalog is malformed")]
    Catalog,
    /// The tree of attachments.
    #[error("its list of attachments is malformed")]
    Names,
}

impl Refusal {
    /// The same, with another fault if it is one of structure.
    pub(crate) fn or(self, fault: Fault) -> Refusal {
        match self {
            Refusal::Broken(_) => Refusal::Broken(fault),
            other => other,
        }
    }

    /// The same word for the same thing, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotPdf => "not-a-pdf",
            Refusal::Broken(_) => "pdf-broken",
            Refusal::Encrypted => "pdf-encrypted",
            Refusal::AlreadySealed => "already-sealed",
            Refusal::TooLarge { .. } => "pdf-too-large",
            Refusal::TooIntricate => "pdf-too-intricate",
            Refusal::SignatureForbids => "signature-forbids",
            Refusal::PdfAForbids { .. } => "pdf-a-forbids",
            Refusal::NameTaken => "attachment-name-taken",
            Refusal::ReceiptTooLarge => "receipt-too-large",
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        Refusal::Broken(fault)
    }
}
