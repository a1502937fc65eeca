package nflog

// sequence widens the kernel's 32-bit sequence numbers to 64 bits and finds what is missing between them. The kernel
// numbers messages in the order it sends them, from 0 at every bind, and numbers what it then cannot deliver, too.
type sequence struct{ next uint64 }

// take returns the widened number, and how many events were lost before it.
func (s *sequence) take(seq uint32) (record, lost uint64) {
	lost = uint64(seq - uint32(s.next))
	record = s.next + lost
	s.next = record + 1
	return record, lost
}

// skip passes over a run that was received but not kept, and returns how many events were lost before and within it.
func (s *sequence) skip(k *skipped) (lost uint64) {
	if k.events == 0 {
		return 0
	}
	_, before := s.take(k.first)
	s.next += k.run.next - 1
	return before + k.run.next - k.events
}

// skipped is a run of numbered events that were received but not kept.
type skipped struct {
	events uint64
	first  uint32   // the first one's number
	run    sequence // counts from the first
}

// add counts the event with the number seq.
func (k *skipped) add(seq uint32) {
	if k.events == 0 {
		k.first = seq
	}
	k.events++
	k.run.take(seq - k.first)
}
