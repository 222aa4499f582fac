package publish

import (
	"testing"
	"time"
)

func TestBackOff(t *testing.T) {
	const callback = "https://reader.example/cb"
	last := time.Duration(0)
	for failed := 1; failed < 40; failed++ {
		d := backOff(failed, callback)
		if d < last || d < firstPause || d > mostPause*5/4 {
			t.Errorf("after %d failures it waits %v, before that %v", failed, d, last)
		}
		last = d
	}
	if last < mostPause {
		t.Errorf("it never waits longer than %v", last)
	}
	moved := map[time.Duration]bool{}
	for _, c := range []string{"a", "b", "c", "d", "e"} {
		moved[backOff(3, c)] = true
	}
	if len(moved) < 3 {
		t.Error("subscribers that failed together come back together")
	}
}
