package cluster

import "testing"

// TestOnPooler runs the tests of this package again behind PgBouncer in transaction mode.
func TestOnPooler(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"OneHolds":       TestOneHolds,
		"LostConnection": TestLostConnection,
		"SilentSession":  TestSilentSession,
		"Notices":        TestNotices,
		"Queue":          TestQueue,
		"QueueHalfMade":  TestQueueHalfMade,
		"HostsOfTheDead": TestHostsOfTheDead,
		"Gate":           TestGate,
		"Overtaken":      TestOvertaken,
		"Unheard":        TestUnheard,
		"Clock":          TestClock,
	} {
		t.Run(name, test)
	}
}
