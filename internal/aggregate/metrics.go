package aggregate

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
)

// counters are the wing's figures for /metrics.
type counters struct {
	fetches *prometheus.CounterVec
	items   *prometheus.CounterVec
	filed   *prometheus.CounterVec
	batch   prometheus.Histogram
	unsaved prometheus.Counter
	success *prometheus.GaugeVec
	failing *prometheus.GaugeVec
}

// newCounters registers them with r unless that is nil; waiting is asked at every scrape.
func newCounters(r prometheus.Registerer, waiting func() (items, seconds float64)) *counters {
	c := &counters{
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_fetches_total", Help: "Looks at sources, by outcome.",
		}, []string{"outcome"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_items_total", Help: "Items read from sources: new, updated, unchanged.",
		}, []string{"state"}),
		filed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_filed_total", Help: "Items the desk filed, by verdict.",
		}, []string{"verdict"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "feedd_desk_batch_seconds", Help: "Time to decide about and commit one batch.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}),
		unsaved: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "feedd_save_failures_total", Help: "Saves that failed: of what sources brought, of their states, of what the desk decided.",
		}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "feedd_source_last_success_seconds", Help: "Unix time at which a source last answered well; missing before the first time.",
		}, []string{"source"}),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "feedd_source_failures", Help: "Looks at a source that failed since it last answered well.",
		}, []string{"source"}),
	}
	if r != nil {
		r.MustRegister(c.fetches, c.items, c.filed, c.batch, c.unsaved, c.success, c.failing,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "feedd_desk_inbox_items", Help: "Items that wait for the desk.",
			}, func() float64 { n, _ := waiting(); return n }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "feedd_desk_lag_seconds", Help: "How long the oldest item in the inbox has waited.",
			}, func() float64 { _, s := waiting(); return s }))
	}
	return c
}

func (c *counters) fetched(r Report) {
	c.fetches.WithLabelValues(r.Status).Inc()
	c.items.WithLabelValues("new").Add(float64(r.New))
	c.items.WithLabelValues("updated").Add(float64(r.Updated))
	c.items.WithLabelValues("unchanged").Add(float64(r.Unchanged))
}

// source tells how a source of the configuration does.
func (c *counters) source(id string, st *feed.SourceState) {
	if !st.LastSuccess.IsZero() {
		c.success.WithLabelValues(id).Set(float64(st.LastSuccess.Unix()))
	}
	c.failing.WithLabelValues(id).Set(float64(st.Failures))
}

// forget is for a source that left the configuration.
func (c *counters) forget(id string) {
	c.success.DeleteLabelValues(id)
	c.failing.DeleteLabelValues(id)
}

func (c *counters) decided(items []feed.Item, took time.Duration) {
	c.batch.Observe(took.Seconds())
	for i := range items {
		v := string(items[i].Verdict)
		if items[i].Dropped != "" {
			v = "dropped"
		}
		c.filed.WithLabelValues(v).Inc()
	}
}
