package syslog

import (
	"fmt"
	"slices"
	"strconv"
)

// facilities are the names of RFC 5424's table 1 as rsyslog and syslog-ng write them, by number.
var facilities = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// severities are those of table 2, by number.
var severities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// aliases are the second names that syslog.h has.
var aliases = map[string]string{"security": "auth", "panic": "emerg", "error": "err", "warn": "warning"}

// priority is what a message starts with: <PRI>.
func priority(facility, severity string) (string, error) {
	f, s := number(facilities, facility), number(severities, severity)
	if f < 0 {
		return "", fmt.Errorf("facility: %q is none of syslog's", facility)
	}
	if s < 0 {
		return "", fmt.Errorf("severity: %q is none of syslog's", severity)
	}
	return "<" + strconv.Itoa(f<<3|s) + ">", nil
}

func number(names []string, name string) int {
	if real, ok := aliases[name]; ok {
		name = real
	}
	return slices.Index(names, name)
}
