package nats

import "context"

// sendCore publishes the plan and asks for a PONG: the server answers in order, so by then it has taken everything that
// came before on this connection. unknown is how many events it may have taken without our knowing.
func (s *Sender) sendCore(ctx context.Context, k *link) (unknown int, err error) {
	for i := range s.plan.messages {
		m := &s.plan.messages[i]
		if s.plan.decided(m) {
			continue
		}
		if err := k.nc.Publish(m.subject, s.plan.data(m)); err != nil {
			return unknown, k.lost(s.whyLost(ctx, k, err))
		}
		unknown += int(m.count)
	}
	if err := s.flush(ctx, k); err != nil {
		return unknown, k.lost(err)
	}
	if k.nc.LastError() == nil {
		s.plan.deliverRest(nil)
		return 0, nil
	}
	return s.sortOut(k, unknown)
}

// sortOut delivers what a server that complained has taken all the same: everything but subjects it forbids.
func (s *Sender) sortOut(k *link, unknown int) (int, error) {
	// Closing is the only way to know that every complaint has come: nats.go reports them one after the other, and the
	// close last.
	k.cut()
	denied := make(map[string]bool)
	for _, complaint := range k.complaints() {
		subject, ok := forbidden(complaint)
		if !ok {
			return unknown, k.lost(complaint)
		}
		denied[subject] = true
	}
	s.plan.deliverRest(denied)
	return 0, k.lost(permit(k.cause()))
}
