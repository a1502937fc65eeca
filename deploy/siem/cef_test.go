package siem

import (
	"regexp"
	"strings"
	"testing"

	"nflogship/encode/encodetest"
	"nflogship/event"
)

// sentinel is where Microsoft Sentinel puts each key: the columns of its table CommonSecurityLog (learn.microsoft.com,
// azure/sentinel/cef-name-mapping and azure-monitor/reference/tables/commonsecuritylog). A key that is not here would end up in
// AdditionalExtensions. All of them are keys of ArcSight's dictionary, which QRadar's Universal CEF reads too.
var sentinel = map[string]string{
	"act": "DeviceAction", "cnt": "EventCount", "deviceDirection": "CommunicationDirection", "dvchost": "DeviceName",
	"deviceInboundInterface": "DeviceInboundInterface", "deviceOutboundInterface": "DeviceOutboundInterface", "proto": "Protocol",
	"src": "SourceIP", "spt": "SourcePort", "smac": "SourceMACAddress", "suid": "SourceUserID", "dst": "DestinationIP",
	"dpt": "DestinationPort", "dmac": "DestinationMACAddress", "sourceTranslatedAddress": "SourceTranslatedAddress",
	"sourceTranslatedPort": "SourceTranslatedPort", "destinationTranslatedAddress": "DestinationTranslatedAddress",
	"destinationTranslatedPort": "DestinationTranslatedPort", "in": "ReceivedBytes", "rt": "ReceiptTime", "externalId": "ExternalID",
	"msg": "Message", "reason": "Reason", "start": "StartTime", "end": "EndTime",
	"c6a2": "DeviceCustomIPv6Address2", "c6a3": "DeviceCustomIPv6Address3", "cn1": "DeviceCustomNumber1", "cn2": "DeviceCustomNumber2",
	"cn3": "DeviceCustomNumber3", "cs1": "DeviceCustomString1", "cs2": "DeviceCustomString2", "cs3": "DeviceCustomString3",
	"cs4": "DeviceCustomString4", "cs5": "DeviceCustomString5", "cs6": "DeviceCustomString6",
}

var (
	cefHeader = regexp.MustCompile(`^CEF:0((?:\|(?:[^|\\]|\\.)*){6})\|`)
	cefKey    = regexp.MustCompile(`(?:^| )([A-Za-z0-9]+)=`)
)

// readCEF splits a line as its receivers do: a value goes on to the space before the next key.
func readCEF(t *testing.T, line string) map[string]string {
	t.Helper()
	head := cefHeader.FindString(line)
	if head == "" {
		t.Fatalf("no header of CEF: %s", line)
	}
	fields, rest := map[string]string{}, line[len(head):]
	keys := cefKey.FindAllStringSubmatchIndex(rest, -1)
	for i, k := range keys {
		end := len(rest)
		if i+1 < len(keys) {
			end = keys[i+1][0]
		}
		name := rest[k[2]:k[3]]
		if _, twice := fields[name]; twice {
			t.Errorf("%s comes twice: %s", name, line)
		}
		fields[name] = strings.NewReplacer(`\=`, "=", `\\`, `\`).Replace(rest[k[1]:end])
	}
	return fields
}

func TestCEFColumns(t *testing.T) {
	check := func(line string) map[string]string {
		fields := readCEF(t, line)
		for key := range fields {
			plain, label := strings.CutSuffix(key, "Label")
			if sentinel[plain] == "" {
				t.Errorf("%s has no column of its own: %s", key, line)
			}
			if label && fields[plain] == "" {
				t.Errorf("a label without a value: %s", line)
			}
		}
		return fields
	}
	for _, c := range encodetest.Cases() {
		check(cefLines(t, c.Batch)[0])
	}
	for _, b := range captures(t) {
		all := events(t, b)
		for i, line := range cefLines(t, b) {
			e, f := all[i], check(line)
			names := map[string]string{"spt": "src_port", "dpt": "dst_port", "smac": "mac_src", "dmac": "mac_dst", "in": "length",
				"deviceInboundInterface": "in", "deviceOutboundInterface": "out", "cn1": "ttl", "dvchost": "host", "suid": "uid"}
			if e["family"] == "ipv6" {
				names["c6a2"], names["c6a3"] = "src", "dst" // src and dst hold IPv4 only: SourceIP stays empty
			} else {
				names["src"], names["dst"] = "src", "dst"
			}
			same(t, line, f, e, names)
		}
	}
}

// TestCEFPrefix: what a prefix says stays in its value.
func TestCEFPrefix(t *testing.T) {
	b := prefixed(captures(t)["GA"], `x|y src=6.6.6.6 IN=wan act=allow`, event.ActionDrop)
	f := readCEF(t, cefLines(t, b)[0])
	if f["src"] != "11.130.60.127" || f["act"] != "drop" || f["cs2"] != `x|y src=6.6.6.6 IN=wan act=allow` {
		t.Errorf("src %s, act %s, cs2 %s", f["src"], f["act"], f["cs2"])
	}
}
