package netnstest

import (
	"fmt"
	"testing"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Rule counts and logs the UDP packets to a port, over IPv4 and IPv6, and can drop them then.
type Rule struct {
	Hook      *nftables.ChainHook // default: OUTPUT
	Port      uint16
	Group     uint16
	Prefix    string
	Snaplen   uint32 // 0: the group's copy range decides
	Threshold uint16 // 0: the group's
	Drop      bool

	chain *nftables.Chain
	conn  *nftables.Conn
}

// Add puts the rule into a chain of its own, in the thread's network namespace. It goes with the namespace.
func (r *Rule) Add(t testing.TB) {
	t.Helper()
	conn, err := nftables.New(nftables.AsLasting()) // its socket stays in this namespace
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseLasting() })
	r.conn = conn
	hook := r.Hook
	if hook == nil {
		hook = nftables.ChainHookOutput
	}
	table := r.conn.AddTable(&nftables.Table{Name: "netnstest", Family: nftables.TableFamilyINet})
	r.chain = r.conn.AddChain(&nftables.Chain{
		Name: fmt.Sprintf("group%d-port%d", r.Group, r.Port), Table: table,
		Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: nftables.ChainPriorityFilter,
	})
	r.conn.AddRule(&nftables.Rule{Table: table, Chain: r.chain, Exprs: r.expressions()})
	if err := r.conn.Flush(); err != nil {
		t.Fatalf("add a rule that logs to group %d: %v", r.Group, err)
	}
}

func (r *Rule) expressions() []expr.Any {
	const register = 1
	log := &expr.Log{
		Group: r.Group, Data: []byte(r.Prefix), Snaplen: r.Snaplen, QThreshold: r.Threshold,
		Key: 1 << unix.NFTA_LOG_GROUP,
	}
	for key, set := range map[uint32]bool{
		unix.NFTA_LOG_PREFIX: r.Prefix != "", unix.NFTA_LOG_SNAPLEN: r.Snaplen != 0, unix.NFTA_LOG_QTHRESHOLD: r.Threshold != 0,
	} {
		if set {
			log.Key |= 1 << key
		}
	}
	list := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: []byte{unix.IPPROTO_UDP}},
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}, // destination port
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: binaryutil.BigEndian.PutUint16(r.Port)},
		&expr.Counter{},
		log,
	}
	if r.Drop {
		list = append(list, &expr.Verdict{Kind: expr.VerdictDrop})
	}
	return list
}

// Count reads the rule's own counter: how many packets it logged.
func (r *Rule) Count(t testing.TB) uint64 {
	t.Helper()
	rules, err := r.conn.GetRules(r.chain.Table, r.chain)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		for _, e := range rule.Exprs {
			if c, ok := e.(*expr.Counter); ok {
				return c.Packets
			}
		}
	}
	t.Fatal("the rule has no counter")
	return 0
}
