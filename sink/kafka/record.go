package kafka

import (
	"encoding/binary"
	"math/bits"
)

// The headers that every record has.
const (
	headerID   = "id"   // the event's id: the same over retries
	headerTime = "time" // the packet's time, as in the JSON event: 2026-11-22T10:00:00.123456789Z
)

// timeSize is the length of the time header's value.
const timeSize = 30

// record is what becomes one record of a batch.
type record struct {
	key   []byte // nil: null
	value []byte
	id    []byte // empty: no id header
	time  int64  // nanoseconds since 1970
}

// appendRecord appends a record in format v2. Lengths and deltas are zigzag varints, a length of -1 stands for null.
// https://kafka.apache.org/documentation/#record
//
//	length         of all that follows
//	attributes     int8, 0
//	timestampDelta to the batch's baseTimestamp, in milliseconds
//	offsetDelta    to the batch's base offset
//	keyLength, key
//	valueLength, value
//	headers        count, then of each: keyLength, key, valueLength, value
func appendRecord(dst []byte, r *record, offsetDelta int, timeDelta int64, clock *clock) []byte {
	const timeHeader = 1 + len(headerTime) + 1 + timeSize
	size := 1 + sizeVarint(timeDelta) + sizeVarint(int64(offsetDelta)) + sizeBytes(r.key) + sizeBytes(r.value) + 1 + timeHeader
	headers := int64(1)
	if len(r.id) > 0 {
		headers++
		size += 1 + len(headerID) + sizeBytes(r.id)
	}
	dst = binary.AppendVarint(dst, int64(size))
	dst = append(dst, 0)
	dst = binary.AppendVarint(dst, timeDelta)
	dst = binary.AppendVarint(dst, int64(offsetDelta))
	dst = appendBytes(dst, r.key)
	dst = appendBytes(dst, r.value)
	dst = binary.AppendVarint(dst, headers)
	if len(r.id) > 0 {
		dst = append(dst, 2*byte(len(headerID)))
		dst = append(dst, headerID...)
		dst = appendBytes(dst, r.id)
	}
	dst = append(dst, 2*byte(len(headerTime)))
	dst = append(dst, headerTime...)
	dst = append(dst, 2*timeSize)
	return clock.append(dst, r.time)
}

// recordBound is at least the size of any record with such key, value and id.
func recordBound(key, value, id int) int {
	const most = 1 + 3*binary.MaxVarintLen32 + binary.MaxVarintLen64 + 3*binary.MaxVarintLen32 + 2 + len(headerID) + 2 + len(headerTime) + timeSize
	return most + key + value + id
}

func appendBytes(dst, p []byte) []byte {
	if p == nil {
		return append(dst, 1) // -1 in zigzag
	}
	return append(binary.AppendVarint(dst, int64(len(p))), p...)
}

func sizeBytes(p []byte) int {
	if p == nil {
		return 1
	}
	return sizeVarint(int64(len(p))) + len(p)
}

func sizeVarint(v int64) int {
	zigzag := uint64(v<<1) ^ uint64(v>>63)
	return (bits.Len64(zigzag|1) + 6) / 7
}
