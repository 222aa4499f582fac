package daemon

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// garbage makes so many bytes of it.
func garbage(bytes int) {
	const each = 1 << 16
	for range bytes / each {
		litter = make([]byte, each)
	}
	litter = nil
}

var litter []byte // so that the compiler does not see that nobody needs it

// A process that has much to give back gives it back once it has come to rest, and not while it works.
func TestMemoryIsGivenBackAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		times := 0
		go func() {
			if err := giveBack(ctx, func(context.Context) error { times++; return nil }); err != nil {
				t.Error(err)
			}
		}()
		for range 5 {
			garbage(4 * restWorth)
			time.Sleep(restLook)
			synctest.Wait()
		}
		if times > 0 {
			t.Errorf("it gave back %d times while it worked", times)
		}
		time.Sleep(2 * restLook)
		synctest.Wait()
		if times == 0 && readHeap().idle >= restWorth { // the collector may have been faster
			t.Error("it gave nothing back at rest")
		}
		if idle := readHeap().idle; idle >= restWorth {
			t.Errorf("%d MB are idle at rest", idle>>20)
		}
		cancel()
	})
}
