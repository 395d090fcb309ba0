//! Who hears of traces, and what a span tells.

use std::{
    fmt::{Debug, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderValue, Request};
use metier_core::http::Host;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::{head::mirror, support::*};
use crate::egress::{Traceparent, whole};

const HERE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const FORGED: &str = "00-11111111111111111111111111111111-2222222222222222-01";

/// What the other side sees of a request in which the skill says that it belongs to [`FORGED`].
async fn seen(told: Option<Traceparent>) -> String {
    let server = mirror().await;
    let mut setup = Setup::to(server, "http");
    setup.config.traceparent = told;
    let request = Request::get(url(server, "/"))
        .header("traceparent", FORGED)
        .body(whole(""))
        .unwrap();
    setup.rig().send(request).await.unwrap().text()
}

fn only(name: &'static str) -> Option<Traceparent> {
    Some(Arc::new(move |host: &Host| {
        let is_told = host.name() == Some(name);
        is_told.then(|| HeaderValue::from_static(HERE))
    }))
}

#[tokio::test]
async fn no_host_hears_of_our_traces_but_those_that_are_to() {
    assert!(!seen(None).await.contains(HERE));
    assert!(!seen(only("other.acme.example")).await.contains(HERE));
    let told = seen(only(HOST)).await;
    // In place of what the skill said.
    assert!(told.contains(HERE) && !told.contains(FORGED), "{told}");
}

/// Writes down every span with all its fields.
#[derive(Clone, Default)]
struct Told(Arc<(Mutex<String>, AtomicU64)>);

impl Told {
    fn write(&self, record: impl FnOnce(&mut Fields<'_>)) {
        let mut text = self.0.0.lock().unwrap();
        record(&mut Fields(&mut text));
    }
}

struct Fields<'t>(&'t mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "metier::work"
    }
    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.write(|fields| attributes.record(fields));
        Id::from_u64(self.0.1.fetch_add(1, Ordering::SeqCst) + 1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        self.write(|fields| values.record(fields));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_span_tells_method_host_and_status_and_nothing_of_what_is_asked() {
    let told = Told::default();
    let _collecting = tracing::subscriber::set_default(told.clone());
    let server = mirror().await;
    let rig = Setup::to(server, "http").rig();
    let request = Request::post(url(server, "/secret-path?q=secret-query"))
        .header("x-mine", "secret-header")
        .body(whole("secret-body"))
        .unwrap();
    rig.send(request).await.unwrap();
    let text = told.0.0.lock().unwrap().clone();
    for field in [
        "http.request.method=\"POST\"",
        "http.response.status_code=200",
        "otel.kind=\"client\"",
    ] {
        assert!(text.contains(field), "{field}: {text}");
    }
    assert!(!text.contains("secret"), "{text}");
}
