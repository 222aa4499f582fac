package judge

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// tableRow is one line of a file of tab-separated values whose first line names the columns. There is no
// quoting: a value holds neither tab nor line break.
type tableRow struct {
	number  int // 1 for the first line below the header
	columns map[string]int
	values  []string
}

// get returns the value of a column, "" where the file or the line has none.
func (r tableRow) get(column string) string {
	if i, ok := r.columns[column]; ok && i < len(r.values) {
		return r.values[i]
	}
	return ""
}

// readTable calls f for each line. It fails when one of the needed columns is missing.
func readTable(in io.Reader, need []string, f func(tableRow) error) error {
	const longestLine = 4 << 20
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 64<<10), longestLine)
	columns, err := tableHeader(sc)
	if err != nil {
		return err
	}
	for _, name := range need {
		if _, ok := columns[name]; !ok {
			return fmt.Errorf("the header has no column %q", name)
		}
	}
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSuffix(sc.Text(), "\r")
		if line == "" {
			n--
			continue
		}
		if err := f(tableRow{n, columns, strings.Split(line, "\t")}); err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return sc.Err()
}

func tableHeader(sc *bufio.Scanner) (map[string]int, error) {
	if !sc.Scan() {
		if err := sc.Err(); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("empty file: the first line names the columns")
	}
	columns := map[string]int{}
	header := strings.TrimPrefix(strings.TrimSuffix(sc.Text(), "\r"), "\ufeff")
	for i, name := range strings.Split(header, "\t") {
		columns[strings.TrimSpace(name)] = i
	}
	return columns, nil
}
