package threshold

import "hash/maphash"

// table finds the window of a key: an open-addressed hash over entries that are kept in chunks, so that neither growing
// nor the collector ever touches them. Entries also form a list in the order in which their windows began.
type table struct {
	max    int
	seed   maphash.Seed // random: nobody can choose addresses that collide
	slots  []slot       // a power of two, at most half full
	chunks []*[chunkSize]entry
	used   int               // entries ever taken from the chunks
	live   int               // entries in the table
	free   uint32            // head of the list of free entries, through next; 0: none
	oldest uint32            // the list by beginning; 0: empty
	newest uint32            //
	long   map[uint32]string // keys that do not fit their entry
}

const (
	chunkSize = 1024
	inline    = 44
)

// slot is a place in the hash. at is an entry's number, counted from 1; 0: empty.
type slot struct{ hash, at uint32 }

// entry is one key's window.
type entry struct {
	began      int64 // the window's first event, by the table's clock
	n          uint32
	hash       uint32
	next, prev uint32
	origin     uint16
	size       uint16 // of the key
	suppressed uint64
	bytes      uint64
	first      int64
	last       int64
	key        [inline]byte
}

func newTable(max int) *table {
	return &table{max: max, seed: maphash.MakeSeed(), slots: make([]slot, 64), long: map[uint32]string{}}
}

func (t *table) at(n uint32) *entry { return &t.chunks[(n-1)/chunkSize][(n-1)%chunkSize] }

func (t *table) hash(key []byte) uint32 { return uint32(maphash.Bytes(t.seed, key)) }

// find returns the key's entry, or 0.
func (t *table) find(key []byte, hash uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; t.slots[i].at != 0; i = (i + 1) & mask {
		if t.slots[i].hash == hash && t.is(t.slots[i].at, key) {
			return t.slots[i].at
		}
	}
	return 0
}

func (t *table) is(n uint32, key []byte) bool {
	e := t.at(n)
	if int(e.size) != len(key) {
		return false
	}
	if len(key) > inline {
		return t.long[n] == string(key)
	}
	return string(e.key[:e.size]) == string(key)
}

// key returns the entry's key, valid until the entry is removed.
func (t *table) key(n uint32) []byte {
	e := t.at(n)
	if e.size > inline {
		return []byte(t.long[n])
	}
	return e.key[:e.size]
}

// add returns a new entry for a key that is not there, its window beginning now; 0 when the table is full.
func (t *table) add(key []byte, hash uint32, now int64) uint32 {
	if t.live >= t.max {
		return 0
	}
	if 2*(t.live+1) > len(t.slots) {
		t.grow()
	}
	n := t.take()
	e := t.at(n)
	*e = entry{began: now, hash: hash, size: uint16(len(key))}
	if len(key) > inline {
		t.long[n] = string(key)
	} else {
		copy(e.key[:], key)
	}
	t.place(slot{hash, n})
	t.live++
	t.enlist(n)
	return n
}

func (t *table) take() uint32 {
	if n := t.free; n != 0 {
		t.free = t.at(n).next
		return n
	}
	if t.used == len(t.chunks)*chunkSize {
		t.chunks = append(t.chunks, new([chunkSize]entry))
	}
	t.used++
	return uint32(t.used)
}

func (t *table) place(s slot) {
	mask := uint32(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].at != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.at != 0 {
			t.place(s)
		}
	}
}

// remove forgets an entry.
func (t *table) remove(n uint32) {
	e := t.at(n)
	t.vacate(n, e.hash)
	t.delist(n)
	if e.size > inline {
		delete(t.long, n)
	}
	e.next, t.free = t.free, n
	t.live--
}

// vacate empties the entry's slot and moves up those behind it that would no longer be found.
func (t *table) vacate(n, hash uint32) {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].at != n {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; t.slots[j].at != 0; j = (j + 1) & mask {
		home := t.slots[j].hash & mask
		if (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = slot{}
}

// renew begins the entry's next window.
func (t *table) renew(n uint32, now int64) {
	e := t.at(n)
	e.began, e.n, e.suppressed, e.bytes = now, 0, 0, 0
	if n != t.newest {
		t.delist(n)
		t.enlist(n)
	}
}

func (t *table) enlist(n uint32) {
	e := t.at(n)
	e.prev, e.next = t.newest, 0
	if t.newest != 0 {
		t.at(t.newest).next = n
	} else {
		t.oldest = n
	}
	t.newest = n
}

func (t *table) delist(n uint32) {
	e := t.at(n)
	if e.prev != 0 {
		t.at(e.prev).next = e.next
	} else {
		t.oldest = e.next
	}
	if e.next != 0 {
		t.at(e.next).prev = e.prev
	} else {
		t.newest = e.prev
	}
}
