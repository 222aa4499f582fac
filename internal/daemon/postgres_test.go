package daemon

import "testing"

// TestOnPostgres runs the tests that lean on the store again on PostgreSQL, see storetest.Address.
func TestOnPostgres(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"WholeWay":      TestWholeWay,
		"NothingNew":    TestNothingNewChangesNoByte,
		"FailingSource": TestFailingSourceTouchesNothing,
		"RunReloadStop": TestRunReloadStop,
		"HubPushes":     TestHubPushes,
		"Retention":     TestWhatRetentionTakesIsNotArchived,
	} {
		t.Run(name, test)
	}
}

// TestOnPooler runs nodes behind PgBouncer in transaction mode.
func TestOnPooler(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"WholeWay":      TestWholeWay,
		"HubPushes":     TestHubPushes,
		"Roles":         TestRoles,
		"Disagreeing":   TestDisagreeingNodes,
		"Configuration": TestConfigurationInDatabase,
	} {
		t.Run(name, test)
	}
}
