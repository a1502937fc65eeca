package ocsf

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"nflogship/encode/encodetest"
)

type object = map[string]any

// schema is what OCSF 1.8.0 says of an object (https://schema.ocsf.io/1.8.0): what it requires, of which attributes one at least
// must be there, and which of those it knows are printed here, with their types.
type schema struct {
	required, oneOf string
	attributes      map[string]any // a type's name, a schema, or an array of one
}

var text, number, boolean = "string", "integer", "boolean"

var entity = schema{oneOf: "name uid", attributes: object{"name": text, "uid": text}}

var endpoint = schema{
	oneOf: "ip uid name hostname svc_name instance_uid interface_uid interface_name domain",
	attributes: object{"ip": "ip", "port": "port", "mac": "mac", "name": text, "interface_name": text, "interface_uid": text,
		"vlan_uid": text},
}

// networkActivity is class 4001 with the profiles security_control and host.
var networkActivity = schema{
	required: "activity_id category_uid class_uid metadata severity_id time type_uid",
	oneOf:    "src_endpoint dst_endpoint",
	attributes: object{
		"category_uid": number, "category_name": text, "class_uid": number, "class_name": text, "activity_id": number,
		"activity_name": text, "type_uid": number, "type_name": text, "severity_id": number, "severity": text, "time": number,
		"start_time": number, "end_time": number, "count": number, "action_id": number, "action": text,
		"disposition_id": number, "disposition": text, "is_alert": boolean, "firewall_rule": entity,
		"metadata": schema{required: "product version", attributes: object{
			"version": text, "product": schema{oneOf: "name uid", attributes: object{"name": text, "vendor_name": text}},
			"profiles": []any{text}, "log_provider": text, "logged_time": number, "sequence": number,
		}},
		"device": schema{required: "type_id", oneOf: "ip uid name hostname instance_uid interface_uid interface_name",
			attributes: object{"hostname": text, "name": text, "type_id": number, "type": text}},
		"actor": schema{oneOf: "process user invoked_by session app_name app_uid", attributes: object{
			"user": schema{oneOf: "account name uid", attributes: object{"uid": text, "groups": []any{entity}}},
		}},
		"src_endpoint": endpoint, "dst_endpoint": endpoint,
		"connection_info": schema{required: "direction_id", attributes: object{"direction_id": number, "direction": text,
			"protocol_num": number, "protocol_name": text, "protocol_ver_id": number, "tcp_flags": number, "community_uid": text}},
		"traffic": schema{attributes: object{"bytes": number, "packets": number, "bytes_out": number, "packets_out": number}},
		"observables": []any{schema{required: "type_id", attributes: object{
			"name": text, "type_id": number, "value": text}}},
		"unmapped": "anything",
	},
}

// captions are the enumerations' values that are printed here, by their attribute; the attribute beside it has the caption.
var captions = map[string]struct {
	beside string
	values map[string]string
}{
	"category_uid": {"category_name", map[string]string{"4": "Network Activity"}},
	"class_uid":    {"class_name", map[string]string{"4001": "Network Activity"}},
	"activity_id":  {"activity_name", map[string]string{"6": "Traffic"}},
	"type_uid":     {"type_name", map[string]string{"400106": "Network Activity: Traffic"}},
	"severity_id":  {"severity", map[string]string{"1": "Informational"}},
	"action_id":    {"action", map[string]string{"1": "Allowed", "2": "Denied", "3": "Observed"}},
	"disposition_id": {"disposition", map[string]string{
		"1": "Allowed", "6": "Dropped", "17": "Logged", "25": "Rejected"}},
	"direction_id":    {"direction", map[string]string{"0": "Unknown", "1": "Inbound", "2": "Outbound"}},
	"protocol_ver_id": {"protocol_ver", map[string]string{"4": "Internet Protocol version 4 (IPv4)", "6": "Internet Protocol version 6 (IPv6)"}},
}

// checkEvent fails where an event is not what the schema asks for.
func checkEvent(t encodetest.T, got object) {
	t.Helper()
	check(t, "", got, networkActivity)
	id := func(key string) string { return fmt.Sprint(got[key]) }
	if id("type_uid") != id("class_uid")+"0"+id("activity_id") {
		t.Fatalf("type_uid %s is not made of class %s and activity %s", id("type_uid"), id("class_uid"), id("activity_id"))
	}
}

func check(t encodetest.T, path string, value, want any) {
	t.Helper()
	switch want := want.(type) {
	case schema:
		o, is := value.(object)
		if !is {
			t.Fatalf("%s: %v is no object", path, value)
		}
		want.check(t, path, o)
	case []any:
		list, is := value.([]any)
		if !is || len(list) == 0 {
			t.Fatalf("%s: %v is no array with something in it", path, value)
		}
		for i, element := range list {
			check(t, fmt.Sprintf("%s[%d]", path, i), element, want[0])
		}
	case string:
		checkType(t, path, value, want)
	default:
		t.Fatalf("%s is not in the schema", path)
	}
}

func (s schema) check(t encodetest.T, path string, o object) {
	t.Helper()
	for _, key := range strings.Fields(s.required) {
		if o[key] == nil {
			t.Fatalf("%s: %s is required", path, key)
		}
	}
	has := func(key string) bool { return o[key] != nil }
	if s.oneOf != "" && !slices.ContainsFunc(strings.Fields(s.oneOf), has) {
		t.Fatalf("%s: %v has none of %s", path, o, s.oneOf)
	}
	for key, value := range o {
		check(t, path+"."+key, value, s.attributes[key])
		c, isEnum := captions[key]
		if !isEnum {
			continue
		}
		caption, known := c.values[fmt.Sprint(value)]
		if !known || has(c.beside) && o[c.beside] != caption {
			t.Fatalf("%s.%s: %v with %s %v, want the caption %q", path, key, value, c.beside, o[c.beside], caption)
		}
	}
}

var patterns = map[string]*regexp.Regexp{
	"mac": regexp.MustCompile(`^([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2})$`),
	"ip":  regexp.MustCompile(`^[0-9a-f.:]{2,45}$`),
}

func checkType(t encodetest.T, path string, value any, want string) {
	t.Helper()
	var ok bool
	switch want {
	case "string":
		_, ok = value.(string)
	case "mac", "ip":
		s, is := value.(string)
		ok = is && patterns[want].MatchString(s)
	case "boolean":
		_, ok = value.(bool)
	case "integer", "port":
		n, is := value.(json.Number)
		ok = is && !strings.ContainsAny(n.String(), ".eE")
	case "anything":
		_, ok = value.(object)
	}
	if !ok {
		t.Fatalf("%s: %v (%T) is not of type %s", path, value, value, want)
	}
}
