package publish_test

import "testing"

// TestOnPostgres runs the tests that lean on the store again on PostgreSQL, see storetest.Address.
func TestOnPostgres(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"Export":            TestExportWritesWhatIsServed,
		"ExportMends":       TestExportMendsWhatIsMissing,
		"Hub":               TestASubscriberGetsEveryChangeOnce,
		"GoneIsGone":        TestGoneIsGone,
		"ALeaseEnds":        TestALeaseEnds,
		"Partners":          TestPartnersTerms,
		"NothingTwice":      TestNothingIsRenderedTwice,
		"ARestart":          TestARestartChangesNoByte,
		"AMove":             TestIDsOutliveAMove,
		"Archives":          TestArchivesHoldEverythingOnce,
		"ArchivesProperty":  TestArchivesProperty,
		"AClosedPage":       TestAClosedPageStays,
		"ABusyMonth":        TestABusyMonthHasSeveralPages,
		"WithdrawAndUndo":   TestWithdrawAndUndo,
		"AnEdit":            TestAnEdit,
		"Unsorted":          TestUnsortedIsInAll,
		"ADevelopment":      TestADevelopmentLeadsToItsStory,
		"Top":               TestTopLeadsWithWhatMostOutletsTell,
		"ByCoverage":        TestASectionByCoverage,
		"SearchFinds":       TestSearchFinds,
		"SearchGoesOn":      TestSearchGoesOn,
		"SearchSameSecond":  TestSearchPagesWithinASecond,
		"SearchCrowded":     TestSearchPagesThroughACrowdedSecond,
		"SearchRanked":      TestRankedPagesLoseNothing,
		"FollowedIsStable":  TestWhatIsFollowedIsStable,
		"FollowedForgets":   TestWhatIsFollowedForgetsWhatIsWithdrawn,
		"DeltaAfterRestart": TestOnlyWhatIsNewAfterARestart,
	} {
		t.Run(name, test)
	}
}
