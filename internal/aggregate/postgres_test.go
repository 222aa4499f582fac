package aggregate

import "testing"

// TestOnPostgres runs the tests that lean on the store again on PostgreSQL, see storetest.Address.
func TestOnPostgres(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"RulesChange":             TestRulesChange,
		"RefilingKeepsLeads":      TestRefilingKeepsLeadsAndDates,
		"DropRule":                TestDropRuleComesAndGoes,
		"StoryGoesOn":             TestStoryGoesOnWithoutItsBeginning,
		"RetractedStoryStaysOut":  TestRetractedStoryStaysOut,
		"SplitAndJoin":            TestSplitAndJoin,
		"Labels":                  TestLabelsAreLearnedAndTakenBack,
		"TwoWings":                TestTwoWingsOnOneStore,
		"OldRulesBesideNew":       TestOldRulesBesideNew,
		"InboxIsReadAfterTheTurn": TestInboxIsReadAfterTheTurn,
		"FullDisk":                TestFullDiskLosesNothing,
		"AFloodHasItsShare":       TestAFloodHasItsShare,
		"BeyondTheRead":           TestBeyondTheReadIsStillListed,
	} {
		t.Run(name, test)
	}
}
