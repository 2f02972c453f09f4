//! Who is answered when all cannot be: each class of work has its own places and its own queue, so that costly work
//! waits for costly work and a page is never behind an export.
//!
//! Laid inside what makes the bodies of refusals and inside what counts requests, and by `Router::layer`, so that the
//! route is known.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::http::server::{Addresses, Visit};

/// What a request costs, and what it may be kept from by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Pages, records, lists.
    Quick,
    /// Tiles: many at once, each small.
    Map,
    /// What reads much of the register or computes for long.
    Heavy,
    /// Changes and uploads.
    Write,
    /// A password is tried: slow by design.
    SignIn,
}

/// The routes by which the service is watched; they are answered however full it is.
const WATCHED: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// The class of a request, by the template of its route.
pub fn work(route: &str, method: &Method) -> Work {
    const HEAVY: [&str; 3] = ["/export", "/documents/", "/import"];
    const PASSWORDS: [&str; 3] = ["/session", "/session/proof", "/enrol/{code}"];
    let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
    if writes && method == Method::POST && PASSWORDS.contains(&route) {
        Work::SignIn
    } else if HEAVY.iter().any(|part| route.contains(part)) {
        Work::Heavy
    } else if writes {
        Work::Write
    } else if route.contains("/tiles/") {
        Work::Map
    } else {
        Work::Quick
    }
}

/// How many of one class are let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// At work at once.
    pub places: usize,
    /// Waiting for a place.
    pub waiting: usize,
    /// At work or waiting from one address, so that nobody fills a class alone; loopback is not counted.
    pub per_address: usize,
}

/// The room of each class, and how long one may wait there.
#[derive(Debug, Clone)]
pub struct Rooms {
    pub quick: Room,
    pub map: Room,
    pub heavy: Room,
    pub write: Room,
    pub sign_in: Room,
    pub wait: Duration,
}

impl Rooms {
    /// Room for a machine with so many cores.
    pub fn for_cores(cores: usize) -> Self {
        let room = |places, waiting, per_address| Room {
            places,
            waiting,
            per_address,
        };
        Self {
            // Bounds memory only: a quick request is short, and its database connection is what it really waits for.
            quick: room(64 * cores, 256 * cores, 64 * cores),
            // A view of the map asks for some 50 tiles, through at most six connections of a browser.
            map: room(4 * cores, 64 * cores, 32 * cores),
            // Half the cores. On two of them, busy with one such work each, a page took six times as long (p99 0.5 ms,
            // then 3.3 ms); with one core left for pages it took no longer than before.
            heavy: room((cores / 2).max(1), 4 * cores, 2 * cores),
            // Held while the body still comes: many, since slow lines must not keep others from writing.
            write: room(32 * cores, 32 * cores, 8 * cores),
            // Each takes a core for a good part of a second, and much memory.
            sign_in: room(cores.div_ceil(2), 8 * cores, 4 * cores),
            wait: Duration::from_secs(5),
        }
    }
}

impl Default for Rooms {
    fn default() -> Self {
        Self::for_cores(std::thread::available_parallelism().map_or(2, NonZeroUsize::get))
    }
}

/// Makes the answer to a request there is no room for; `Retry-After` is added to it.
pub type Refuse = fn(Work) -> Response;

/// The places of all classes.
#[derive(Clone)]
pub struct Gate(Arc<Classes>);

struct Classes {
    /// In the order of [`Work`].
    classes: [Class; 5],
    wait: Duration,
    refuse: Refuse,
}

struct Class {
    places: Arc<Semaphore>,
    waiting: Semaphore,
    addresses: Addresses,
}

/// Held by a request at work.
struct Place {
    _place: OwnedSemaphorePermit,
    _visit: Option<Visit>,
}

impl Gate {
    /// A gate with so much room, and what it says when there is none.
    pub fn new(rooms: &Rooms, refuse: Refuse) -> Self {
        let class = |room: Room| Class {
            places: Arc::new(Semaphore::new(room.places.min(Semaphore::MAX_PERMITS))),
            waiting: Semaphore::new(room.waiting.min(Semaphore::MAX_PERMITS)),
            addresses: Addresses::new(room.per_address),
        };
        Self(Arc::new(Classes {
            classes: [rooms.quick, rooms.map, rooms.heavy, rooms.write, rooms.sign_in].map(class),
            wait: rooms.wait,
            refuse,
        }))
    }

    /// A place, after a wait where there is a queue and room in it.
    async fn enter(&self, work: Work, address: Option<IpAddr>) -> Option<Place> {
        let class = &self.0.classes[work as usize];
        let visit = match address {
            Some(address) => Some(class.addresses.enter(address)?),
            None => None,
        };
        // Whoever waits is served before this: a semaphore hands its places on in the order of asking.
        let place = match class.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                let _turn = class.waiting.try_acquire().ok()?;
                let place = timeout(self.0.wait, class.places.clone().acquire_owned()).await;
                place.ok()?.ok()?
            }
        };
        Some(Place {
            _place: place,
            _visit: visit,
        })
    }

    fn refuse(&self, work: Work) -> Response {
        let mut response = (self.0.refuse)(work);
        // A queue empties within the time one may wait in it, or those in it are sent away too.
        let seconds = HeaderValue::from(self.0.wait.as_secs().max(1));
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
        response
    }
}

/// Lets a request in where its class has room; the layer itself, for `middleware::from_fn_with_state`.
pub async fn shed(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    if WATCHED.contains(&route) {
        return next.run(request).await;
    }
    let work = work(route, request.method());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|ConnectInfo(peer)| peer.ip());
    let Some(place) = gate.enter(work, address).await else {
        tracing::debug!(?work, "a request was sent away: there is no room for it");
        return gate.refuse(work);
    };
    let response = next.run(request).await;
    if work == Work::Heavy {
        // An export is written while it is sent: with its head the work has only begun.
        return response.map(|body| {
            Body::new(Held {
                body,
                place: Some(place),
            })
        });
    }
    // The others are whole before their head is sent: what remains is to send bytes, and a peer that is slow at taking
    // them must not keep others from the place.
    drop(place);
    response
}

/// A refusal without words, where none are supplied.
pub fn bare(_: Work) -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

/// A body that holds a place to its end, or until it is given up.
struct Held {
    body: Body,
    place: Option<Place>,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        // With its last frame the work is done, though the connection may keep the body a little longer.
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.place = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
