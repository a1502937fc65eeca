package syslog

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"nflogship/internal/testenv"
	"nflogship/sink/sinktest"
)

// rsyslogd is a real receiver, which writes the text of every message to a file.
type rsyslogd struct {
	dir, conf string
	ports     map[string]int // udp, tcp
	command   *exec.Cmd
	stderr    bytes.Buffer
}

// rsyslogConf: of RFC 3164 the text keeps the space after its tag, so the template gives the others one.
const rsyslogConf = `
global(workDirectory="%[1]s" maxMessageSize="16k")
module(load="imudp")
module(load="imtcp" %[4]s)
module(load="imuxsock" SysSock.Use="off")
input(type="imudp" address="127.0.0.1" port="%[2]d" rcvbufSize="4m" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="%[3]d" ruleset="all")
input(type="imuxsock" socket="%[1]s/log" ruleset="all")
template(name="line" type="string" string="%%pri%%|%%timestamp:::date-rfc3339%%|%%hostname%%|%%app-name%%|%%msg:::sp-if-no-1st-sp%%%%msg%%\n")
ruleset(name="all") { action(type="omfile" file="%[1]s/out" template="line") }
`

func newRsyslogd(t *testing.T, driver string) *rsyslogd {
	t.Helper()
	if os.Getenv("NFLOGSHIP_REAL_SERVERS") != "1" {
		t.Skip("needs rsyslogd: set NFLOGSHIP_REAL_SERVERS=1 where the packages rsyslog and rsyslog-gnutls are installed")
	}
	if _, err := exec.LookPath("rsyslogd"); err != nil {
		testenv.Missing(t, "rsyslogd is not installed (package rsyslog): %v", err)
	}
	r := &rsyslogd{dir: shortDir(t), ports: map[string]int{"udp": freePort(t), "tcp": freePort(t)}}
	r.conf = filepath.Join(r.dir, "conf")
	text := fmt.Sprintf(rsyslogConf, r.dir, r.ports["udp"], r.ports["tcp"], driver)
	if err := os.WriteFile(r.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	t.Cleanup(func() {
		r.end(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("rsyslogd says:\n%s", r.stderr.String())
		}
	})
	return r
}

func freePort(t testing.TB) int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (r *rsyslogd) start(t testing.TB) {
	r.command = exec.Command("rsyslogd", "-n", "-f", r.conf, "-i", filepath.Join(r.dir, "pid"))
	r.command.Stderr = &r.stderr
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "rsyslogd listens", func() bool {
		c, err := net.Dial("tcp", r.at("tcp"))
		if err != nil {
			return false
		}
		c.Close()
		u, err := net.ListenPacket("udp", r.at("udp"))
		if err == nil {
			u.Close()
			return false
		}
		_, err = os.Stat(filepath.Join(r.dir, "log"))
		return err == nil
	})
}

func (r *rsyslogd) end(how syscall.Signal) {
	if r.command.ProcessState == nil {
		r.command.Process.Signal(how)
		r.command.Wait()
	}
}

func (r *rsyslogd) at(network string) string { return fmt.Sprintf("127.0.0.1:%d", r.ports[network]) }

func (r *rsyslogd) lines(t testing.TB) []string {
	b, err := os.ReadFile(filepath.Join(r.dir, "out"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// texts is the last column.
func (r *rsyslogd) texts(t testing.TB) []string {
	var out []string
	for _, line := range r.lines(t) {
		if columns := strings.SplitN(line, "|", 5); len(columns) == 5 {
			out = append(out, strings.TrimPrefix(columns[4], " "))
		}
	}
	return out
}

func TestRsyslogd(t *testing.T) {
	local := time.Unix(0, at).Local().Format("2006-01-02T15:04:05-07:00")
	for _, c := range []struct{ name, address, settings, head string }{
		{"UDP, RFC 5424", "udp://%s", "", "164|2026-11-22T10:00:00.123456Z|ams1-fw3|fw|"},
		{"UDP, RFC 3164", "udp://%s", "rfc: 3164", "164|" + local + "|ams1-fw3|fw|"},
		{"TCP, octet counting", "tcp://%s", "", "164|2026-11-22T10:00:00.123456Z|ams1-fw3|fw|"},
		{"TCP, octet counting, RFC 3164", "tcp://%s", "rfc: 3164", "164|" + local + "|ams1-fw3|fw|"},
		{"TCP, newline", "tcp://%s", "framing: newline", "164|2026-11-22T10:00:00.123456Z|ams1-fw3|fw|"},
		{"TCP, newline, RFC 3164", "tcp://%s", "framing: newline, rfc: 3164", "164|" + local + "|ams1-fw3|fw|"},
		{"a local socket", "unix://%s/log", "", "164|"}, // rsyslogd stamps and names those itself
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRsyslogd(t, "")
			where := r.dir
			if network, _, _ := strings.Cut(c.address, ":"); network != "unix" {
				where = r.at(network)
			}
			s := opened(t, "{address: "+fmt.Sprintf(c.address, where)+", facility: local4, severity: warning, app_name: fw, "+c.settings+"}")
			records := numbered("a", 2000)
			records[0].Text = `ünïcode and "quotes"`
			for i := 0; i < len(records); i += 100 { // what UDP's buffers hold
				deliver(t, s, sinktest.Load(records[i:i+100]))
				eventually(t, "rsyslogd has it", func() bool { return len(r.texts(t)) >= i+100 })
			}
			if !slices.Equal(r.texts(t), textsOf(records)) {
				t.Error("what is there is not what was sent")
			}
			first := r.lines(t)[0]
			if !strings.HasPrefix(first, c.head) || !strings.Contains(first, "|fw|") {
				t.Errorf("rsyslogd understood %q", first)
			}
		})
	}
}

func TestRsyslogdOverTLS(t *testing.T) {
	for _, driver := range []string{"gtls", "ossl"} {
		t.Run(driver, func(t *testing.T) {
			ca := newAuthority(t, shortDir(t), "ca")
			ca.issue(t, "log.example", nil)
			ca.issue(t, "me", nil)
			other := newAuthority(t, shortDir(t), "other")
			other.issue(t, "stranger", nil)
			r := newRsyslogd(t, tlsDriver(t, driver, ca))
			address := r.at("tcp")
			trust := "ca: " + ca.path("ca.pem")
			s := opened(t, tlsSettings(address, trust+", cert: "+ca.path("me.pem")+", key: "+ca.path("me.key")))
			records := numbered("a", 5000)
			deliver(t, s, sinktest.Load(records))
			eventually(t, "rsyslogd has it", func() bool { return slices.Equal(r.texts(t), textsOf(records)) })

			for under, want := range map[string]string{
				"ca: " + other.path("other.pem"):   "is of no authority in tls.ca",
				trust + ", server_name: k.example": "is for another name",
				trust + ", cert: " + other.path("stranger.pem") + ", key: " + other.path("stranger.key"): "our certificate", // with an alert or without a word
				trust: "certificate",
			} {
				_, s := build(t, tlsSettings(address, under))
				err := s.Open(t.Context())
				if err == nil {
					s.Close(context.Background())
				}
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: got %v, want %q", under, err, want)
				}
			}
		})
	}
}

func tlsDriver(t *testing.T, name string, ca *authority) string {
	if found, _ := filepath.Glob("/usr/lib/*/rsyslog/lmnsd_" + name + ".so"); len(found) == 0 && os.Getenv("NFLOGSHIP_REAL_SERVERS") == "1" {
		testenv.Missing(t, "rsyslogd has no driver %s: packages rsyslog-gnutls and rsyslog-openssl", name)
	}
	return fmt.Sprintf(`streamDriver.name="%s" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
global(defaultNetstreamDriver="%[1]s" defaultNetstreamDriverCAFile="%s"
	defaultNetstreamDriverCertFile="%s" defaultNetstreamDriverKeyFile="%s"`,
		name, ca.path("ca.pem"), ca.path("log.example.pem"), ca.path("log.example.key"))
}

// TestRsyslogdRestarts ends rsyslogd in mid-stream. Lost may be only what it had taken and not read before the first error we saw.
func TestRsyslogdRestarts(t *testing.T) {
	for _, c := range []struct {
		name, scheme, driver string
		signal               syscall.Signal
	}{
		{"TCP, stopped", "tcp", "", syscall.SIGTERM},
		{"TCP, killed", "tcp", "", syscall.SIGKILL},
		{"TLS, stopped", "tls", "gtls", syscall.SIGTERM},
	} {
		t.Run(c.name, func(t *testing.T) {
			ca := newAuthority(t, shortDir(t), "ca")
			driver, under := "", ""
			if c.driver != "" {
				ca.issue(t, "log.example", nil)
				driver = tlsDriver(t, c.driver, ca)
				under = fmt.Sprintf("tls: {ca: %s, cert: %s, key: %s}", ca.path("ca.pem"), ca.path("log.example.pem"), ca.path("log.example.key"))
			}
			r := newRsyslogd(t, driver)
			s := opened(t, fmt.Sprintf("{address: %s://%s, %s}", c.scheme, r.at("tcp"), under))
			var sent, end atomic.Int64
			failed := make(chan int, 1)
			go func() {
				failed <- sendUntilFailed(t, s, &sent, &end)
			}()
			eventually(t, "some loads are sent", func() bool { return sent.Load() > 20 })
			r.end(c.signal)
			r.start(t)
			goOn := sent.Load() + 20
			eventually(t, "it goes on", func() bool { return sent.Load() > goOn })
			end.Store(1)
			first := <-failed
			if first < 0 {
				t.Fatal("no send has failed")
			}
			missing := func() (after, before int) {
				seen := map[string]bool{}
				for _, text := range r.texts(t) {
					seen[text] = true
				}
				for k := range int(sent.Load()) {
					for _, text := range textsOf(numbered(fmt.Sprint(k), restartLoad)) {
						switch {
						case seen[text]:
						case k >= first:
							after++
						default:
							before++
						}
					}
				}
				return after, before
			}
			eventually(t, "everything from the first failure on is there", func() bool { after, _ := missing(); return after == 0 })
			_, lost := missing()
			t.Logf("of %d messages, %d were taken by rsyslogd's kernel and lost with rsyslogd", int(sent.Load())*restartLoad, lost)
			if lost*60 > 6<<20 {
				t.Errorf("that is more than a receive buffer holds")
			}
		})
	}
}

const restartLoad = 100

// sendUntilFailed sends loads named 0, 1, … until end is set, and returns the first that failed, or -1.
func sendUntilFailed(t *testing.T, s *Sender, sent, end *atomic.Int64) (failed int) {
	failed = -1
	for k := 0; end.Load() == 0; k++ {
		l := sinktest.Load(numbered(fmt.Sprint(k), restartLoad))
		if err := s.Send(t.Context(), l); err != nil {
			if failed < 0 {
				failed = k
			}
			deliver(t, s, l)
		}
		sent.Add(1)
	}
	return failed
}
