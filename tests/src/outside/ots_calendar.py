"""An OpenTimestamps calendar for tests, made of the official package, on a regtest chain.

Usage: ots_calendar.py PORT BITCOIN_URL. It does what it is told: POST /order/anchor puts what it has
into a block; /order/lie, /order/stall, /order/gigabyte and /order/good say how it answers from then
on. The coins that it spends are those of a script that anyone can fulfil.
"""

import hashlib
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import bitcoin
import bitcoin.rpc
from bitcoin.core import COutPoint, CTransaction, CTxIn, CTxInWitness, CTxOut, CTxWitness, lx, x
from bitcoin.core.script import OP_RETURN, CScript, CScriptWitness
from opentimestamps.bitcoin import make_timestamp_from_block
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp, make_merkle_tree

PORT, BITCOIN_URL = int(sys.argv[1]), sys.argv[2]
URL = "http://127.0.0.1:%d" % PORT
ANYONE = "rb1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqmescae"
TRUE = b"\x51"
SCRIPT = CScript([0, hashlib.sha256(TRUE).digest()])

bitcoin.SelectParams("regtest")
waiting, complete, habit = [], {}, ["good"]


def rpc():
    return bitcoin.rpc.RawProxy(service_url=BITCOIN_URL)


def serialized(timestamp):
    context = BytesSerializationContext()
    timestamp.serialize(context)
    return context.getbytes()


def new_coin():
    """A coin with which a block paid its miner, as old as it must be."""
    block = rpc().generatetoaddress(1, ANYONE)[0]
    rpc().generatetoaddress(100, ANYONE)
    txid = rpc().getblock(block, True)["tx"][0]
    coin = rpc().gettxout(txid, 0, True)
    return COutPoint(lx(txid), 0), int(round(float(coin["value"]) * 1e8))


def anchor():
    tip = make_merkle_tree(waiting)
    place, value = new_coin()
    outputs = [CTxOut(0, CScript([OP_RETURN, tip.msg])), CTxOut(value - 1000, SCRIPT)]
    witness = CTxWitness([CTxInWitness(CScriptWitness([TRUE]))])
    transaction = CTransaction([CTxIn(place)], outputs, 0, 2, witness)
    rpc().sendrawtransaction(transaction.serialize().hex())
    # A node that relays says nothing about what it thinks of a transaction.
    for _ in range(100):
        if rpc().getrawmempool():
            break
        time.sleep(0.05)
    block = rpc().generatetoaddress(1, ANYONE)[0]
    height = rpc().getblockcount()
    raw = bitcoin.core.CBlock.deserialize(x(rpc().getblock(block, False)))
    tip.merge(make_timestamp_from_block(tip.msg, raw, height))
    for commitment in waiting:
        complete[commitment.msg] = commitment
    waiting.clear()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def misbehaves(self):
        if habit[0] == "stall":
            time.sleep(600)
        if habit[0] == "gigabyte":
            self.send_response(200)
            self.end_headers()
            for _ in range(1024):
                self.wfile.write(b" " * 1024 * 1024)
        return habit[0] in ("stall", "gigabyte")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/order/"):
            word = self.path[len("/order/"):]
            if word == "anchor":
                anchor()
            else:
                habit[0] = word
            return self.answer(200)
        if self.misbehaves():
            return None
        timestamp = Timestamp(body)
        commitment = timestamp.ops.add(OpAppend(os.urandom(16))).ops.add(OpSHA256())
        waiting.append(commitment)
        pending = Timestamp(commitment.msg)
        pending.attestations.add(PendingAttestation(URL))
        shown = Timestamp(body)
        for op in timestamp.ops:
            middle = shown.ops.add(op)
        middle.ops.add(OpSHA256()).merge(pending)
        return self.answer(200, serialized(shown))

    def do_GET(self):
        if self.misbehaves():
            return None
        digest = bytes.fromhex(self.path[len("/timestamp/"):]) if self.path != "/" else b""
        if digest not in complete:
            return self.answer(404)
        timestamp = complete[digest]
        if habit[0] == "lie":
            timestamp = Timestamp(digest)
            timestamp.attestations.add(BitcoinBlockHeaderAttestation(1))
        return self.answer(200, serialized(timestamp))


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
