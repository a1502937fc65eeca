package nats

import "strconv"

// Replies are the subjects that acknowledgements come to: the link's inbox, a dot, and the message's number on this link
// in ten digits of base 32. No number is used twice, so no answer can be taken for another message's.
const (
	replyDigits = 10
	replyBase   = 32
	replyBlock  = 256 // made at a time, as one string
)

// replies hands out the reply subjects of consecutive numbers.
type replies struct {
	inbox string
	next  uint64 // not handed out yet
	block string // those up to the next multiple of replyBlock
	buf   []byte
}

// take returns the next number's subject.
func (r *replies) take() string {
	width, at := len(r.inbox)+replyDigits, int(r.next%replyBlock)
	if at == 0 {
		r.buf = r.buf[:0]
		for n := range uint64(replyBlock) {
			r.buf = appendNumber(append(r.buf, r.inbox...), r.next+n)
		}
		r.block = string(r.buf)
	}
	r.next++
	return r.block[at*width : (at+1)*width]
}

func appendNumber(dst []byte, n uint64) []byte {
	for shift := 5 * (replyDigits - 1); shift >= 0; shift -= 5 {
		dst = append(dst, "0123456789abcdefghijklmnopqrstuv"[n>>shift&31])
	}
	return dst
}

// number reads a reply subject.
func (r *replies) number(subject string) (n uint64, ok bool) {
	if len(subject) != len(r.inbox)+replyDigits {
		return 0, false
	}
	n, err := strconv.ParseUint(subject[len(r.inbox):], replyBase, 64)
	return n, err == nil
}
