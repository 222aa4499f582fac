package store

import (
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ackTimeout gives up a connection whose other end does not acknowledge what was sent to it
// (tcp(7), TCP_USER_TIMEOUT). Without it, a transaction waits a quarter of an hour for a server
// that vanished.
func ackTimeout(network, _ string, c syscall.RawConn) (err error) {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	if control := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int((30 * time.Second).Milliseconds()))
	}); control != nil {
		return control
	}
	return err
}
