//! Prometheus' text format, version 0.0.4: each figure with its help and type, then its values.

use super::Histogram;
use std::fmt::Write as _;

/// A page of figures, growing.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// What the page is to be called on the wire.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// A value that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.gauges(name, help, &[], [(vec![], value)]);
    }

    /// One value for each set of labels' values.
    pub fn gauges(
        &mut self,
        name: &str,
        help: &str,
        labels: &[&str],
        rows: impl IntoIterator<Item = (Vec<String>, f64)>,
    ) {
        self.head(name, help, "gauge");
        for (values, value) in rows {
            self.line(name, labels, &values, value);
        }
    }

    /// A histogram; `unit` is how many of its sizes make one of the figure's own (1e6 for microseconds told in seconds).
    pub fn histogram(&mut self, name: &str, help: &str, sizes: &Histogram, unit: f64) {
        self.head(name, help, "histogram");
        let classes = sizes.classes();
        for (bound, below) in &classes {
            let bound = bound.map_or_else(|| "+Inf".to_owned(), |bound| format!("{}", bound as f64 / unit));
            self.line(&format!("{name}_bucket"), &["le"], &[bound], *below as f64);
        }
        let all = classes.last().map_or(0, |(_, all)| *all);
        self.line(&format!("{name}_sum"), &[], &[], sizes.sum() as f64 / unit);
        self.line(&format!("{name}_count"), &[], &[], all as f64);
    }

    /// The page.
    pub fn finish(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[&str], values: &[String], value: f64) {
        self.0 += name;
        for (place, (label, said)) in labels.iter().zip(values).enumerate() {
            let said = said.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{}{label}=\"{said}\"", if place == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_as_prometheus_reads_it() {
        let mut page = Text::default();
        page.gauge("larder_link_up", "Whether the hub is there.", 1.0);
        page.gauges("larder_quarantine", "By reason.", &["reason"], [(vec!["a \"b\"".into()], 2.0)]);
        let took = Histogram::new(&[500]);
        took.count(250);
        took.count(1_000);
        page.histogram("larder_commit_seconds", "Time.", &took, 1e6);
        let wanted = "# HELP larder_link_up Whether the hub is there.\n# TYPE larder_link_up gauge\nlarder_link_up 1\n\
            # HELP larder_quarantine By reason.\n# TYPE larder_quarantine gauge\nlarder_quarantine{reason=\"a \\\"b\\\"\"} 2\n\
            # HELP larder_commit_seconds Time.\n# TYPE larder_commit_seconds histogram\n\
            larder_commit_seconds_bucket{le=\"0.0005\"} 1\nlarder_commit_seconds_bucket{le=\"+Inf\"} 2\n\
            larder_commit_seconds_sum 0.00125\nlarder_commit_seconds_count 2\n";
        assert_eq!(page.finish(), wanted);
    }
}
