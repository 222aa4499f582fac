package collect

import "time"

// ShortestGap returns the least time between two runs that a schedule line asks for: 0 for "auto",
// which has none, and for a line that CheckSchedule refuses. What is made of the source's items
// changes no more often.
func ShortestGap(line string) time.Duration {
	t, err := parseLine(line, time.UTC)
	if err != nil {
		return 0
	}
	if t.every > 0 {
		return t.every
	}
	// Lines that differ from day to day repeat within a week, or are so rare that one gap tells.
	last := t.spec.Next(time.Date(2024, time.March, 3, 23, 59, 0, 0, time.UTC)) // into a Monday
	least := time.Duration(0)
	for end := last.AddDate(0, 0, 7); least == 0 || last.Before(end); {
		next := t.spec.Next(last)
		if gap := next.Sub(last); least == 0 || gap < least {
			least = gap
		}
		if least == time.Minute {
			break
		}
		last = next
	}
	return least
}
