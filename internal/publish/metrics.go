package publish

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what operators see of publishing. Counters that a request touches are bound to their
// labels beforehand, so that counting allocates nothing.
type metrics struct {
	requests   *prometheus.CounterVec
	sent       *prometheus.CounterVec
	times      *prometheus.HistogramVec
	renderTime prometheus.Histogram
	rendered   prometheus.Counter
	same       prometheus.Counter
	renders    prometheus.Counter
	taken      prometheus.Counter
	failed     prometheus.Counter
	refused    *prometheus.CounterVec
	entries    *prometheus.GaugeVec

	feeds, archives, pages, status, hub, other *route

	mu       sync.Mutex
	partners map[string]*route
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "feedd_http_requests_total",
			Help: "Requests answered, by kind of document and status."}, []string{"route", "code"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "feedd_http_sent_bytes_total",
			Help: "Bytes of content sent, by kind of document."}, []string{"route"}),
		// From what is ready, in tens of microseconds, to what a story's page costs on a busy machine.
		times: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "feedd_http_request_seconds",
			Help: "Time to answer a request, by kind of document and status.", Buckets: prometheus.ExponentialBuckets(0.00025, 4, 9)}, []string{"route", "code"}),
		renderTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "feedd_render_seconds",
			Help: "Time to render of one section what somebody waits for.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}),
		rendered: prometheus.NewCounter(prometheus.CounterOpts{Name: "feedd_documents_changed_total",
			Help: "Documents whose bytes changed."}),
		same: prometheus.NewCounter(prometheus.CounterOpts{Name: "feedd_documents_same_total",
			Help: "Documents rendered to the bytes they had."}),
		renders: prometheus.NewCounter(prometheus.CounterOpts{Name: "feedd_documents_rendered_total",
			Help: "Documents that are kept ready and were rendered, by this node."}),
		taken: prometheus.NewCounter(prometheus.CounterOpts{Name: "feedd_documents_taken_total",
			Help: "Documents that another node rendered."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{Name: "feedd_publish_failures_total",
			Help: "Rounds of publishing that ended in an error."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "feedd_gate_refused_total",
			Help: "Renderings that were not published, by section and format (empty: the section fell to nothing)."}, []string{"section", "format"}),
		entries: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "feedd_section_entries",
			Help: "Entries in a section's feed."}, []string{"section"}),
		partners: map[string]*route{},
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.requests, m.sent, m.times, m.renderTime, m.rendered, m.same, m.renders, m.taken, m.failed, m.refused, m.entries} {
		errs = append(errs, reg.Register(c))
	}
	m.feeds, m.archives, m.pages = m.route("feed"), m.route("archive"), m.route("page")
	m.status, m.hub, m.other = m.route("status"), m.route("hub"), m.route("other")
	return m, errors.Join(errs...)
}

// route counts the requests for one kind of document.
type route struct {
	name     string
	requests *prometheus.CounterVec
	ok, same prometheus.Counter // the answers that are most of the traffic: 200 and 304
	sent     prometheus.Counter

	times            *prometheus.HistogramVec
	okTime, sameTime prometheus.Observer

	asked, bytes atomic.Int64 // for the status page
}

func (m *metrics) route(name string) *route {
	return &route{name: name, requests: m.requests, sent: m.sent.WithLabelValues(name),
		ok: m.requests.WithLabelValues(name, "200"), same: m.requests.WithLabelValues(name, "304"),
		times: m.times, okTime: m.times.WithLabelValues(name, "200"), sameTime: m.times.WithLabelValues(name, "304")}
}

// partner returns the counters of a partner, which outlive a change of the configuration.
func (m *metrics) partner(id string) *route {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.partners[id] == nil {
		m.partners[id] = m.route("partner " + id)
	}
	return m.partners[id]
}

// count counts one answer, written to w, with n bytes of content.
func (r *route) count(w http.ResponseWriter, code, n int) {
	if o, ok := w.(*observed); ok {
		o.route = r
	}
	switch code {
	case http.StatusOK:
		r.ok.Inc()
	case http.StatusNotModified:
		r.same.Inc()
	default:
		r.requests.WithLabelValues(r.name, strconv.Itoa(code)).Inc()
	}
	r.asked.Add(1)
	if n > 0 {
		r.sent.Add(float64(n))
		r.bytes.Add(int64(n))
	}
}

// published notes how much each section shows.
func (m *metrics) published(s *site) {
	m.entries.Reset()
	for id, ed := range s.editions {
		m.entries.WithLabelValues(id).Set(float64(len(ed.shown)))
	}
}
