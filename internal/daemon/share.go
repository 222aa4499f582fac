package daemon

import (
	"fmt"

	"feedd/internal/cluster"
	"feedd/internal/store"
)

// share is how a node spends its connections to PostgreSQL on what needs them: those that write, those of the
// hosts' turns, and one each for notices and for what it may hold alone are given by its roles, see fixed.
type share struct {
	readers int // 0: one for each processor, 4 to 8
	queue   int
}

// Connections that a node needs at least to read, and to the queue when it has to do with that; and what it has
// to the queue at most, which is enough to take and end a hundred hosts.
const (
	readersLeast = 2
	queueLeast   = 2
	queueMost    = 4
)

// fixed is how many connections a node of some roles has for what each has one.
func (r roles) fixed() int {
	n := store.WritersMost + cluster.GateMost + 2 // to say that it is there, and notices
	if r.desk {
		n++
	}
	if r.publish {
		n += 2 // the hub, the messages
	}
	return n
}

// shareOf spends most connections, 0 for as many as can be used.
func shareOf(most int, r roles) (share, error) {
	if most == 0 {
		return share{queue: queueMost}, nil
	}
	queue := 0               // at least
	if r.collect || r.desk { // the desk plans
		queue = queueLeast
	}
	least := r.fixed() + readersLeast + queue
	rest := most - least
	if rest < 0 {
		return share{}, fmt.Errorf("%w: --connections %d is too few: what this node does needs %d (see docs/operating.md)", ErrFlag, most, least)
	}
	if queue > 0 {
		queue = min(queueMost, queue+rest/3)
	}
	return share{readers: most - r.fixed() - queue, queue: queue}, nil
}
