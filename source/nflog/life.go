package nflog

import (
	"strconv"
	"sync"

	"nflogship/event"
)

// life is what a source holds in one network namespace: all its groups bound, each with its numbers from 0 on.
type life struct {
	space   *space
	links   *links
	readers []*reader

	fail   sync.Once
	failed chan struct{}
}

// bear opens the namespace and binds every group in it, or holds nothing and says why.
func (s *Source) bear() (*life, error) {
	l := &life{failed: make(chan struct{})}
	if err := s.settle(l); err != nil {
		l.abandon()
		return nil, err
	}
	return l, nil
}

func (s *Source) settle(l *life) (err error) {
	if l.space, err = openSpace(s.config.spacePath()); err != nil {
		return err
	}
	if l.links, err = openLinks(l.space.descriptor(), s.deps.Log); err != nil {
		return l.space.explain("follow the interfaces", err)
	}
	for _, g := range s.groups {
		r, err := s.bind(l, g)
		if err != nil {
			return err
		}
		l.readers = append(l.readers, r)
	}
	return nil
}

// newReader makes the reader of a bind that is to come.
func (s *Source) newReader(g *group, names func(uint32) string) *reader {
	return &reader{
		group:   g,
		names:   names,
		out:     s.hauls,
		pool:    s.deps.Pool,
		log:     s.deps.Log.With("group", g.number),
		largest: s.config.largestDatagram(),
		stopped: make(chan struct{}),
		origin: &event.Origin{
			Host:   s.deps.Host,
			Source: s.deps.Name,
			ID:     s.deps.Host + "/" + event.NewLife() + "/" + strconv.Itoa(int(g.number)),
			Live:   true,
		},
	}
}

// bind opens a socket and binds the group to it. From then on the kernel collects.
func (s *Source) bind(l *life, g *group) (r *reader, err error) {
	r = s.newReader(g, l.links.name)
	if r.sock, err = openSocket(l.space.descriptor(), s.config.ReceiveBuffer, r.log); err != nil {
		return nil, l.space.explain("open an NFLOG socket", err)
	}
	r.filling.begin(r.pool.Get(), r.largest)
	if err := r.sock.configure(bindRequest(g.number, &s.config), &r.filling); err != nil {
		r.abandon()
		return nil, l.space.explainBind(g.number, err)
	}
	if err := r.sock.configure(conntrackRequest(g.number), &r.filling); err != nil {
		r.log.Debug("this kernel has no conntrack attributes for NFLOG", "error", err)
	}
	return r, nil
}

// run starts a goroutine for the interfaces and one for each reader. They end when end is called; a reader also ends when
// its socket fails, which closes failed.
func (l *life) run(running *sync.WaitGroup) {
	running.Go(l.links.follow)
	for _, r := range l.readers {
		running.Go(func() {
			if err := r.run(); err != nil {
				r.log.Error("the NFLOG socket failed", "error", err)
				l.fail.Do(func() { close(l.failed) })
			}
		})
	}
}

// end asks the goroutines to end. The readers let go of their sockets when they have taken what is there.
func (l *life) end() {
	for _, r := range l.readers {
		r.stop()
	}
	l.links.close()
	l.space.close()
}

// abandon lets go of a life that was never run.
func (l *life) abandon() {
	for _, r := range l.readers {
		r.abandon()
	}
	if l.links != nil {
		l.links.close()
	}
	if l.space != nil {
		l.space.close()
	}
}

func (r *reader) abandon() {
	r.filling.batch.Release()
	_ = r.sock.conn.Close()
}
