package kafka

import (
	"encoding/binary"
	"hash/crc32"
)

// ref is one record of the load at hand: a payload of it, and a record of that.
type ref struct{ payload, record int32 }

// batch is a run of records for one partition, to be appended to its log whole or not at all.
type batch struct {
	refs    []ref
	size    int      // what the records take at most, uncompressed
	group   int32    // which payloads they are from; see sink.Load.Groups
	in      *request // that has no verdict on it yet; nil: none
	doubt   bool     // a try ended without a verdict, or with one that leaves open whether the broker kept the records
	corrupt int      // how often the broker found its checksum wrong
}

// A record set in a Produce request, big-endian: its size and one batch in format v2.
// https://kafka.apache.org/documentation/#recordbatch
//
//	 0  size                 int32: of all that follows
//	 4  baseOffset           int64: 0; the broker sets it
//	12  batchLength          int32: of what follows it
//	16  partitionLeaderEpoch int32: -1; the broker sets it
//	20  magic                int8:  2
//	21  crc                  uint32: CRC-32C of what follows it
//	25  attributes           int16: bits 0-2 compression
//	27  lastOffsetDelta      int32
//	31  baseTimestamp        int64: milliseconds since 1970
//	39  maxTimestamp         int64
//	47  producerId           int64
//	55  producerEpoch        int16
//	57  baseSequence         int32
//	61  recordCount          int32
//	65  records, all of them compressed together
const (
	setHeader = 65
	crcFrom   = 25
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// stamps are the first and the latest timestamp of a batch, in milliseconds since 1970.
type stamps struct{ base, max int64 }

// finishSet fills in the header of a record set whose records stand at set[setHeader:].
func finishSet(set []byte, compression byte, records int, t stamps, p producer) {
	be := binary.BigEndian
	be.PutUint32(set[0:], uint32(len(set)-4))
	be.PutUint64(set[4:], 0)
	be.PutUint32(set[12:], uint32(len(set)-16))
	be.PutUint32(set[16:], 0xffffffff)
	set[20] = 2
	be.PutUint16(set[25:], uint16(compression))
	be.PutUint32(set[27:], uint32(records-1))
	be.PutUint64(set[31:], uint64(t.base))
	be.PutUint64(set[39:], uint64(t.max))
	be.PutUint64(set[47:], uint64(p.id))
	be.PutUint16(set[55:], uint16(p.epoch))
	be.PutUint32(set[57:], uint32(p.sequence))
	be.PutUint32(set[61:], uint32(records))
	be.PutUint32(set[21:], crc32.Checksum(set[crcFrom:], castagnoli))
}
