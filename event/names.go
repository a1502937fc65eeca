package event

// Family is nfgenmsg's family (include/uapi/linux/netfilter.h, NFPROTO_*).
type Family uint8

// The families the kernel logs for.
const (
	FamilyUnknown Family = 0
	FamilyInet    Family = 1
	FamilyIPv4    Family = 2
	FamilyARP     Family = 3
	FamilyNetdev  Family = 5
	FamilyBridge  Family = 7
	FamilyIPv6    Family = 10
)

// String is the family's name, "" for one that has none.
func (f Family) String() string {
	switch f {
	case FamilyInet:
		return "inet"
	case FamilyIPv4:
		return "ipv4"
	case FamilyARP:
		return "arp"
	case FamilyNetdev:
		return "netdev"
	case FamilyBridge:
		return "bridge"
	case FamilyIPv6:
		return "ipv6"
	}
	return ""
}

// Hook is the netfilter hook's number; what it means depends on the family.
type Hook uint8

// HookName is the hook's name in its family, "" for a number without one.
func HookName(f Family, h Hook) string {
	switch f {
	case FamilyNetdev:
		return nameAt(netdevHooks[:], h)
	case FamilyARP:
		return nameAt(arpHooks[:], h)
	case FamilyBridge:
		return nameAt(bridgeHooks[:], h)
	}
	return nameAt(inetHooks[:], h)
}

// NF_INET_* (include/uapi/linux/netfilter.h), NF_BR_* (netfilter_bridge.h), NF_ARP_* (netfilter_arp.h), NF_NETDEV_*.
var (
	inetHooks   = [...]string{"prerouting", "input", "forward", "output", "postrouting", "ingress"}
	bridgeHooks = [...]string{"prerouting", "input", "forward", "output", "postrouting", "brouting"}
	arpHooks    = [...]string{"input", "output", "forward"}
	netdevHooks = [...]string{"ingress", "egress"}
)

func nameAt(names []string, h Hook) string {
	if int(h) < len(names) {
		return names[h]
	}
	return ""
}

// Action is what the rule did with the packet, as rules in the configuration tell it.
type Action uint8

// The actions; ActionNone where nothing tells.
const (
	ActionNone Action = iota
	ActionAllow
	ActionDrop
	ActionReject
)

var actionNames = [...]string{"", "allow", "drop", "reject"}

// String is the action's name, "" for ActionNone.
func (a Action) String() string { return nameAt(actionNames[:], Hook(a)) }

// Fault is what is wrong with the packet itself (as opposed to cut short by the copy range).
type Fault uint8

// The faults, outermost header first.
const (
	FaultNone Fault = iota
	FaultShortLink
	FaultShortIP
	FaultIPVersion
	FaultIPHeaderLength
	FaultIPLength
	FaultShortExtension
	FaultShortTCP
	FaultTCPOffset
	FaultShortUDP
	FaultShortICMP
	FaultShortSCTP
	FaultShortDCCP
	FaultShortAH
	FaultShortESP
	FaultShortARP
	FaultAttribute
)

var faultNames = [...]string{
	"", "short link header", "short ip header", "wrong ip version", "wrong ip header length", "wrong ip total length",
	"short extension header", "short tcp header", "wrong tcp data offset", "short udp header", "short icmp header",
	"short sctp header", "short dccp header", "short ah header", "short esp header", "short arp header", "malformed attribute",
}

// String says what is wrong, "" for FaultNone.
func (f Fault) String() string { return nameAt(faultNames[:], Hook(f)) }

// ProtoName is the protocol's name, "" for one that goes by its number (IANA protocol numbers).
func ProtoName(p uint8) string { return protoNames[p] }

var protoNames = [256]string{
	1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 8: "egp", 9: "igp", 17: "udp", 27: "rdp", 33: "dccp", 41: "ipv6", 46: "rsvp", 47: "gre",
	50: "esp", 51: "ah", 58: "icmpv6", 59: "ipv6-nonxt", 88: "eigrp", 89: "ospf", 94: "ipip-encap", 97: "etherip", 98: "encap",
	103: "pim", 108: "ipcomp", 112: "vrrp", 115: "l2tp", 124: "isis", 132: "sctp", 133: "fc", 135: "mobility-header",
	136: "udplite", 137: "mpls-in-ip", 139: "hip", 140: "shim6", 143: "ethernet",
}
