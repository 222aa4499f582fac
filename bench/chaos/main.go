// Command chaos kills, freezes and cuts off the nodes of a cluster for a given time, and checks what must
// hold all the same. It is the long form of TestChaos in internal/cluster, whose comment lists that.
//
//	go run ./bench/chaos -for 1h
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"
)

func main() {
	long := flag.Duration("for", time.Hour, "how long")
	flag.Parse()
	cmd := exec.Command("go", "test", "feedd/internal/cluster", "-run", "^TestChaos$", "-count", "1", "-v",
		"-timeout", (*long + 10*time.Minute).String(), "-chaos", long.String())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}
