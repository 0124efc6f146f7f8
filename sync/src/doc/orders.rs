//! Shape of an orders document, and its reading and writing. Two root maps: `o` holds the hub's orders, `c` those taken
//! at the counter. An order is a small map: `h` head, `p` picks, `r` rider, `w` who took the bags if not that rider, `x` the store's negative answer, `q3` the
//! substitute asked for line 3 and `a3` its answer (all packed), `t` the (E, G) it was sold under where that is not the
//! first, and one integer per moment, milliseconds from the promised time (the smallest number there is). Every field counts only from
//! the side that owns it.
//!
//! A side that has written its mark (key `.` in its root map) writes no more into this document: what it learns later of an
//! order goes to the next hour it has not marked, as a map `~ID` in its own root with the head once more.

use automerge::{ObjId, ScalarValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::fact::Fact;
use model::id::OrderId;
use model::order::{Channel, Moment, Moments, Owner};
use model::order_doc::{OrderHead, OtherContent, Picks, RiderCard, SubstituteAnswer, SubstituteAsk};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION, HubGeneration, StoreEpoch};
use model::time::{DAY_MS, Timestamp};

use super::document::{Document, MapAt};
use super::{DocError, DocId, pack};

const ONLINE: &str = "o";
const COUNTER: &str = "c";
/// The root maps of the first change, in its order.
pub(super) const ROOTS: &[&str] = &[ONLINE, COUNTER];

const HEAD: &str = "h";
const PICKS: &str = "p";
const RIDER: &str = "r";
const TAKEN: &str = "w";
const REFUSED: &str = "x";
const TERMS: &str = "t";
/// Followed by the line's place.
const ASK: char = 'q';
/// Followed by the line's place.
const ANSWER: char = 'a';
/// A side's last word in a document: the key in its own root map.
pub(super) const MARK: &str = ".";
/// Before the id of an order whose own hour was closed already.
const LATE: char = '~';

/// The farthest a moment may lie from the promised time.
const MOMENT_SPAN_MS: i64 = 400 * DAY_MS;

/// Later hours that are tried for what comes after an hour's end: a side has said its last word in few of those that follow.
pub const LATER_HOURS: usize = 48;

/// Hours back from now of which anything is said again, under new terms or closed: longer than any outage is buffered (REQ-51).
pub const SAID_AGAIN_HOURS: i64 = 35 * 24;

/// One order as its document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderView {
    /// Its id.
    pub order: OrderId,
    /// What this side said after the order's own hour was closed; none for the order itself.
    pub late: Option<Owner>,
    /// What was ordered.
    pub head: OrderHead,
    /// Its times, each from its owner alone.
    pub moments: Moments,
    /// What the store put into the bags.
    pub picks: Option<Picks>,
    /// Whom the hub sends.
    pub rider: Option<RiderCard>,
    /// Whose badge the bags went to, where the store's card was none or another's.
    pub taken: Option<String>,
    /// The store has the order with another content, and keeps to that.
    pub refused: Option<OtherContent>,
    /// What the store proposes instead, by line.
    pub asks: Vec<SubstituteAsk>,
    /// What the customer said to that, by line.
    pub answers: Vec<SubstituteAnswer>,
    /// Under which (E, G) the hub sold it.
    pub terms: (StoreEpoch, HubGeneration),
}

/// One order's id and what reading it gave.
pub type OrderRead = (OrderId, Result<OrderView, DocError>);

/// An order's map as it stands in a document.
#[derive(Debug, Clone)]
pub(super) struct OrderPlace {
    pub(super) root: &'static str,
    pub(super) key: String,
    pub(super) obj: ObjId,
}

/// Where a field of an order is written.
#[derive(Debug)]
struct Spot {
    head: OrderHead,
    at: MapAt,
    obj: Option<ObjId>,
}

/// The order that a key names as late.
pub(super) fn late_order_of(key: &str) -> Option<OrderId> {
    order_of(key.strip_prefix(LATE)?)
}

fn late_key(order: &OrderId) -> String {
    format!("{LATE}{}", key_of(order))
}

/// The root map in which a side makes its own maps.
const fn root_by(side: Owner) -> &'static str {
    match side {
        Owner::Hub => ONLINE,
        Owner::Store => COUNTER,
    }
}

/// The order that a key names.
pub(super) fn order_of(key: &str) -> Option<OrderId> {
    let bytes = URL_SAFE_NO_PAD.decode(key).ok()?;
    Some(OrderId::from_bytes(<[u8; 16]>::try_from(bytes.as_slice()).ok()?))
}

fn key_of(order: &OrderId) -> String {
    URL_SAFE_NO_PAD.encode(order.as_bytes())
}

const fn root_of(channel: Channel) -> (&'static str, Owner) {
    match channel {
        Channel::Online => (ONLINE, Owner::Hub),
        Channel::Counter => (COUNTER, Owner::Store),
    }
}

impl Document {
    /// Stages a new order. `Ok(false)`: it is here already, with the same head.
    ///
    /// # Errors
    /// [`DocError::OtherContent`] for the same id with another head, [`DocError::NotMine`] for an order that the other
    /// side makes, [`DocError::Poisoned`] for a head that cannot be packed, [`DocError::WrongKind`].
    pub fn put_order(&mut self, order: &OrderId, head: &OrderHead) -> Result<bool, DocError> {
        self.wants_orders()?;
        let (root, maker) = root_of(head.channel);
        if maker != self.side() {
            return Err(DocError::NotMine { field: format!("order {order}") });
        }
        let packed = pack::head(head, self.base())?;
        let other = || DocError::OtherContent { order: order.to_string() };
        let at = MapAt { root, inner: Some(key_of(order)) };
        if let Some(staged) = self.staged.get(&(at.clone(), HEAD.to_owned())) {
            return if *staged == ScalarValue::Bytes(packed) { Ok(false) } else { Err(other()) };
        }
        if let Some((known, _, _)) = self.find(order)? {
            return if known == *head { Ok(false) } else { Err(other()) };
        }
        self.wants_open()?;
        self.staged.insert((at, HEAD.to_owned()), ScalarValue::Bytes(packed));
        Ok(true)
    }

    /// Stages the time of a moment. `Ok(false)`: it has one already; the first stands for ever.
    ///
    /// # Errors
    /// [`DocError::UnknownOrder`], [`DocError::NotMine`], [`DocError::Poisoned`] for a time far from the promised one,
    /// [`DocError::WrongKind`]; [`DocError::HourClosed`] when this side has written its mark.
    pub fn put_moment(&mut self, order: &OrderId, moment: Moment, at: Timestamp) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        self.moment_at(order, spot, moment, at)
    }

    /// Stages what the store put into the bags, replacing what it said before. `Ok(false)`: no change.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the hub may not write picks.
    pub fn put_picks(&mut self, order: &OrderId, picks: &Picks) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        let packed = pack::picks(picks, &spot.head)?;
        self.put_packed(order, spot, PICKS, Owner::Store, packed)
    }

    /// Stages the rider the hub chose, replacing an earlier one. `Ok(false)`: no change.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the store may not write riders.
    pub fn put_rider(&mut self, order: &OrderId, rider: &RiderCard) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        let packed = pack::rider(rider, self.base())?;
        self.put_packed(order, spot, RIDER, Owner::Hub, packed)
    }

    /// Stages who took the bags, if that is not the rider of the card. `Ok(false)`: no change.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the hub may not write it.
    pub fn put_taken(&mut self, order: &OrderId, rider: &str) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        let packed = pack::taken(rider)?;
        self.put_packed(order, spot, TAKEN, Owner::Store, packed)
    }

    /// Stages the store's negative answer. `Ok(false)`: no change.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the hub may not write it.
    pub fn put_refused(&mut self, order: &OrderId, refused: &OtherContent) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        let packed = pack::refused(refused)?;
        self.put_packed(order, spot, REFUSED, Owner::Store, packed)
    }

    /// Stages the store's proposal for a line, replacing an earlier one. `Ok(false)`: no change.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the hub may not write proposals.
    pub fn put_ask(&mut self, order: &OrderId, ask: &SubstituteAsk) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        let packed = pack::ask(ask, self.base())?;
        self.put_packed(order, spot, &format!("{ASK}{}", ask.line), Owner::Store, packed)
    }

    /// Stages the customer's answer to a proposal. `Ok(false)`: no change.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the store may not write answers.
    pub fn put_answer(&mut self, order: &OrderId, answer: &SubstituteAnswer) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        let packed = pack::answer(answer)?;
        self.put_packed(order, spot, &format!("{ANSWER}{}", answer.line), Owner::Hub, packed)
    }

    /// Stages a fact about an order whose own hour this side has closed; `head` is the order's, for the reader.
    /// `Ok(false)`: this document says so already.
    ///
    /// # Errors
    /// As the method for its kind; [`DocError::WrongKind`] for a fact that is about no order.
    pub fn put_late(&mut self, head: &OrderHead, fact: &Fact) -> Result<bool, DocError> {
        match fact {
            Fact::Moment { order, moment, at, .. } => {
                let spot = self.late_spot(order, head)?;
                self.moment_at(order, spot, *moment, *at)
            }
            Fact::Picks { order, picks, .. } => {
                let packed = pack::picks(picks, head)?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, PICKS, Owner::Store, packed)
            }
            Fact::Rider { order, rider, .. } => {
                let packed = pack::rider(rider, self.base())?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, RIDER, Owner::Hub, packed)
            }
            Fact::Taken { order, rider, .. } => {
                let packed = pack::taken(rider)?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, TAKEN, Owner::Store, packed)
            }
            Fact::Refused { order, refused, .. } => {
                let packed = pack::refused(refused)?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, REFUSED, Owner::Store, packed)
            }
            Fact::Ask { order, ask, .. } => {
                let packed = pack::ask(ask, self.base())?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, &format!("{ASK}{}", ask.line), Owner::Store, packed)
            }
            Fact::Answer { order, answer, .. } => {
                let packed = pack::answer(answer)?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, &format!("{ANSWER}{}", answer.line), Owner::Hub, packed)
            }
            Fact::Terms { order, epoch, generation, .. } => {
                let packed = pack::terms((*epoch, *generation))?;
                let spot = self.late_spot(order, head)?;
                self.put_packed(order, spot, TERMS, Owner::Hub, packed)
            }
            Fact::Order { .. }
            | Fact::HourClosed { .. }
            | Fact::Granted { .. }
            | Fact::Returned { .. }
            | Fact::Wanted { .. }
            | Fact::Word { .. }
            | Fact::Closing { .. }
            | Fact::Stock(_)
            | Fact::Alarms { .. }
            | Fact::Catalogue(_) => Err(DocError::WrongKind { wanted: "late" }),
        }
    }

    /// Stages this side's last word in this document. `Ok(false)`: it stands already.
    ///
    /// # Errors
    /// [`DocError::WrongKind`].
    pub fn put_mark(&mut self) -> Result<bool, DocError> {
        let at = MapAt { root: root_by(self.side()), inner: None };
        let place = (at, MARK.to_owned());
        if self.has_marked(self.side())? || self.staged.contains_key(&place) {
            return Ok(false);
        }
        self.staged.insert(place, ScalarValue::Boolean(true));
        Ok(true)
    }

    /// Whether a side has said its last word here.
    ///
    /// # Errors
    /// [`DocError::WrongKind`].
    pub fn has_marked(&self, side: Owner) -> Result<bool, DocError> {
        self.wants_orders()?;
        let root = self.root(root_by(side))?;
        Ok(!self.scalars(&root, MARK, side)?.is_empty())
    }

    /// Whether both sides have said their last word here and nothing waits: no change can come any more.
    ///
    /// # Errors
    /// [`DocError::WrongKind`].
    pub fn is_complete(&self) -> Result<bool, DocError> {
        Ok(self.waiting() == 0
            && self.staged.is_empty()
            && self.has_marked(Owner::Hub)?
            && self.has_marked(Owner::Store)?)
    }

    /// Stages under which (E, G) the hub sold an order. `Ok(false)`: no change, or the first of both.
    ///
    /// # Errors
    /// As [`Document::put_moment`]; the store may not write it.
    pub fn put_terms(
        &mut self,
        order: &OrderId,
        epoch: StoreEpoch,
        generation: HubGeneration,
    ) -> Result<bool, DocError> {
        let spot = self.spot(order)?;
        if (epoch, generation) == (FIRST_EPOCH, FIRST_GENERATION) {
            return Ok(false);
        }
        let packed = pack::terms((epoch, generation))?;
        self.put_packed(order, spot, TERMS, Owner::Hub, packed)
    }

    /// One order; `None` when it is not here. Staged writes show after `commit`.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] names the field that cannot be true; [`DocError::WrongKind`].
    pub fn order(&self, order: &OrderId) -> Result<Option<OrderView>, DocError> {
        self.wants_orders()?;
        let Some((head, _, obj)) = self.find(order)? else { return Ok(None) };
        self.view(order, None, head, &obj).map(Some)
    }

    /// What other lives of the order's maker have put under the same id, with another head: a maker that was restored and
    /// has forgotten the first.
    ///
    /// # Errors
    /// As [`Document::order`].
    pub fn rivals(&self, order: &OrderId) -> Result<Vec<OrderHead>, DocError> {
        self.wants_orders()?;
        let Some((head, at, _)) = self.find(order)? else { return Ok(Vec::new()) };
        let (_, maker) = root_of(head.channel);
        let mut rivals = Vec::new();
        for obj in self.maps_made_by(&at, maker)? {
            let other = self.head_in(order, &obj, maker)?;
            if other != head && !rivals.contains(&other) {
                rivals.push(other);
            }
        }
        Ok(rivals)
    }

    /// What came late for an order whose own hour is another one, from each side that said something.
    ///
    /// # Errors
    /// As [`Document::order`].
    pub fn late(&self, order: &OrderId) -> Result<Vec<OrderView>, DocError> {
        self.wants_orders()?;
        let mut out = Vec::new();
        for side in [Owner::Hub, Owner::Store] {
            let at = MapAt { root: root_by(side), inner: Some(late_key(order)) };
            if let Some(obj) = self.map_made_by(&at, side)? {
                out.push(self.view(order, Some(side), self.head_in(order, &obj, side)?, &obj)?);
            }
        }
        Ok(out)
    }

    fn view(
        &self,
        order: &OrderId,
        late: Option<Owner>,
        head: OrderHead,
        obj: &ObjId,
    ) -> Result<OrderView, DocError> {
        let mut moments = Moments::default();
        for moment in Moment::ALL {
            let values = self.scalars(obj, moment.field(), head.channel.owner_of(moment))?;
            if let Some(ms) = earliest(order, moment, &values)? {
                moments.record(moment, head.promise_at.plus_ms(ms));
            }
        }
        let packed = |field, writer| self.packed(obj, field, writer);
        let picks = packed(PICKS, Owner::Store)?.map(|bytes| pack::read_picks(&bytes, &head)).transpose()?;
        let rider =
            packed(RIDER, Owner::Hub)?.map(|bytes| pack::read_rider(&bytes, self.base())).transpose()?;
        let taken = packed(TAKEN, Owner::Store)?.map(|bytes| pack::read_taken(&bytes)).transpose()?;
        let refused = packed(REFUSED, Owner::Store)?.map(|bytes| pack::read_refused(&bytes)).transpose()?;
        let asks = self.by_line(obj, ASK, Owner::Store)?;
        let asks = asks.iter().map(|(line, bytes)| pack::read_ask(*line, bytes, self.base()));
        let asks = asks.collect::<Result<_, _>>()?;
        let answers = self.by_line(obj, ANSWER, Owner::Hub)?;
        let answers = answers.iter().map(|(line, bytes)| pack::read_answer(*line, bytes));
        let answers = answers.collect::<Result<_, _>>()?;
        let terms = packed(TERMS, Owner::Hub)?.map(|bytes| pack::read_terms(&bytes)).transpose()?;
        let terms = terms.unwrap_or((FIRST_EPOCH, FIRST_GENERATION));
        Ok(OrderView {
            order: *order,
            late,
            head,
            moments,
            picks,
            rider,
            taken,
            refused,
            asks,
            answers,
            terms,
        })
    }

    /// Every order in the document, by id; a poisoned one stands as its error and stops none of the rest.
    ///
    /// # Errors
    /// [`DocError::WrongKind`], or a root map that was overwritten.
    pub fn orders(&self) -> Result<Vec<OrderRead>, DocError> {
        self.wants_orders()?;
        let mut ids: Vec<OrderId> = Vec::new();
        for root in ROOTS {
            ids.extend(self.keys(root)?.iter().filter_map(|key| order_of(key)));
        }
        ids.sort_unstable();
        ids.dedup();
        let read = |id: &OrderId| match self.order(id) {
            Ok(Some(view)) => Ok(view),
            Ok(None) => Err(DocError::poisoned(format!("order {id} was made by the wrong side"))),
            Err(error) => Err(error),
        };
        Ok(ids.into_iter().map(|id| (id, read(&id))).collect())
    }

    /// The head and the map of an order that was made by the side that may make it.
    fn find(&self, order: &OrderId) -> Result<Option<(OrderHead, MapAt, ObjId)>, DocError> {
        let key = key_of(order);
        for channel in [Channel::Online, Channel::Counter] {
            let (root, maker) = root_of(channel);
            let at = MapAt { root, inner: Some(key.clone()) };
            let Some(obj) = self.map_made_by(&at, maker)? else { continue };
            let head = self.head_in(order, &obj, maker)?;
            if head.channel != channel {
                return Err(DocError::poisoned(format!("order {order} says another channel than its place")));
            }
            return Ok(Some((head, at, obj)));
        }
        Ok(None)
    }

    fn head_in(&self, order: &OrderId, obj: &ObjId, maker: Owner) -> Result<OrderHead, DocError> {
        let bytes = self
            .packed(obj, HEAD, maker)?
            .ok_or_else(|| DocError::poisoned(format!("order {order} without a head")))?;
        pack::read_head(&bytes, self.base())
    }

    /// As `find`, also among what is staged.
    fn spot(&self, order: &OrderId) -> Result<Spot, DocError> {
        self.wants_orders()?;
        // What is staged was not in the document when it was staged; asking there first spares the search for it.
        for root in ROOTS {
            let at = MapAt { root, inner: Some(key_of(order)) };
            if let Some(ScalarValue::Bytes(bytes)) = self.staged.get(&(at.clone(), HEAD.to_owned())) {
                return Ok(Spot { head: pack::read_head(bytes, self.base())?, at, obj: None });
            }
        }
        if let Some((head, at, obj)) = self.find(order)? {
            return Ok(Spot { head, at, obj: Some(obj) });
        }
        Err(DocError::UnknownOrder { order: order.to_string() })
    }

    /// This side's map for what comes late for an order; its head is staged with the first of it.
    fn late_spot(&mut self, order: &OrderId, head: &OrderHead) -> Result<Spot, DocError> {
        self.wants_orders()?;
        let at = MapAt { root: root_by(self.side()), inner: Some(late_key(order)) };
        let obj = self.map_made_by(&at, self.side())?;
        let place = (at.clone(), HEAD.to_owned());
        if obj.is_none() && !self.staged.contains_key(&place) {
            self.wants_open()?;
            self.staged.insert(place, ScalarValue::Bytes(pack::head(head, self.base())?));
        }
        Ok(Spot { head: head.clone(), at, obj })
    }

    fn moment_at(
        &mut self,
        order: &OrderId,
        spot: Spot,
        moment: Moment,
        at: Timestamp,
    ) -> Result<bool, DocError> {
        if spot.head.channel.owner_of(moment) != self.side() {
            return Err(DocError::NotMine { field: format!("{moment:?} of order {order}") });
        }
        let ms = at.since_ms(spot.head.promise_at);
        if ms.saturating_abs() > MOMENT_SPAN_MS {
            return Err(DocError::poisoned(format!("{moment:?} at {at}, far from the promised time")));
        }
        let place = (spot.at, moment.field().to_owned());
        let known = match &spot.obj {
            Some(obj) => !self.scalars(obj, moment.field(), self.side())?.is_empty(),
            None => false,
        };
        if known || self.staged.contains_key(&place) {
            return Ok(false);
        }
        self.wants_open()?;
        self.staged.insert(place, ScalarValue::Int(ms));
        Ok(true)
    }

    /// Every map in a root map that may be an order's, and whose it is not.
    pub(super) fn order_maps(&self) -> Result<Vec<OrderPlace>, DocError> {
        let mut places = Vec::new();
        for root in ROOTS {
            let root_obj = self.root(root)?;
            for key in self.keys(root)? {
                let at = MapAt { root, inner: Some(key.clone()) };
                if let Some(obj) = self.map_in(&root_obj, &at)? {
                    places.push(OrderPlace { root, key, obj });
                }
            }
        }
        Ok(places)
    }

    /// The order, or what came late for one, that stands in a map.
    pub(super) fn view_at(&self, place: &OrderPlace) -> Result<OrderView, DocError> {
        let wrong = || DocError::poisoned(format!("{}/{} was made by the wrong side", place.root, place.key));
        if let Some(order) = late_order_of(&place.key) {
            let late = self.late(&order)?;
            let here = |view: &OrderView| view.late.is_some_and(|side| root_by(side) == place.root);
            return late.into_iter().find(here).ok_or_else(wrong);
        }
        let order = order_of(&place.key).ok_or_else(|| DocError::poisoned(format!("key {}", place.key)))?;
        match self.find(&order)? {
            Some((head, at, obj)) if at.root == place.root => self.view(&order, None, head, &obj),
            Some(_) | None => Err(wrong()),
        }
    }

    /// Whether a map holds what the columns of a closed hour say of its view and nothing else: they have none for who took
    /// the bags, so that the few such maps are kept field by field, as a side that does not know the field keeps them.
    pub(super) fn says_only(&self, place: &OrderPlace, view: &OrderView) -> Result<bool, DocError> {
        let packed = |field: &str, bytes: Vec<u8>| (field.to_owned(), Some(bytes));
        let mut said = vec![packed(HEAD, pack::head(&view.head, self.base())?)];
        said.extend(view.moments.0.keys().map(|moment| (moment.field().to_owned(), None)));
        if let Some(picks) = &view.picks {
            said.push(packed(PICKS, pack::picks(picks, &view.head)?));
        }
        if let Some(rider) = &view.rider {
            said.push(packed(RIDER, pack::rider(rider, self.base())?));
        }
        for ask in &view.asks {
            said.push(packed(&format!("{ASK}{}", ask.line), pack::ask(ask, self.base())?));
        }
        for answer in &view.answers {
            said.push(packed(&format!("{ANSWER}{}", answer.line), pack::answer(answer)?));
        }
        if view.terms != (FIRST_EPOCH, FIRST_GENERATION) {
            said.push(packed(TERMS, pack::terms(view.terms)?));
        }
        said.sort();
        let fields = self.field_counts(&place.obj)?;
        let keys_match = fields.iter().map(|(key, n)| (key, *n)).eq(said.iter().map(|(key, _)| (key, 1)));
        if !keys_match {
            return Ok(false);
        }
        for (field, bytes) in &said {
            let Some(bytes) = bytes else { continue };
            let stands = self.packed(&place.obj, field, Owner::Hub)?.or(self.packed(
                &place.obj,
                field,
                Owner::Store,
            )?);
            if stands.as_ref() != Some(bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nothing new is written where this side has said its last word.
    fn wants_open(&self) -> Result<(), DocError> {
        let at = MapAt { root: root_by(self.side()), inner: None };
        if self.is_closed()
            || self.staged.contains_key(&(at, MARK.to_owned()))
            || self.has_marked(self.side())?
        {
            return Err(DocError::HourClosed { doc: self.id().to_string() });
        }
        Ok(())
    }

    fn packed(&self, obj: &ObjId, field: &str, writer: Owner) -> Result<Option<Vec<u8>>, DocError> {
        match self.scalars(obj, field, writer)?.pop() {
            Some(ScalarValue::Bytes(bytes)) => Ok(Some(bytes)),
            Some(_) => Err(DocError::poisoned(format!("field {field} is not packed bytes"))),
            None => Ok(None),
        }
    }

    /// Packed fields that a letter and a line name, by line.
    fn by_line(&self, obj: &ObjId, letter: char, writer: Owner) -> Result<Vec<(u8, Vec<u8>)>, DocError> {
        let mut out = Vec::new();
        for key in self.fields(obj) {
            let Some(line) = key.strip_prefix(letter).and_then(|n| n.parse().ok()) else { continue };
            if let Some(bytes) = self.packed(obj, &key, writer)? {
                out.push((line, bytes));
            }
        }
        out.sort_unstable();
        out.dedup_by_key(|(line, _)| *line);
        Ok(out)
    }

    fn put_packed(
        &mut self,
        order: &OrderId,
        spot: Spot,
        field: &str,
        owner: Owner,
        packed: Vec<u8>,
    ) -> Result<bool, DocError> {
        if self.side() != owner {
            return Err(DocError::NotMine { field: format!("{field} of order {order}") });
        }
        let place = (spot.at, field.to_owned());
        let known = match (self.staged.get(&place), &spot.obj) {
            (Some(ScalarValue::Bytes(staged)), _) => Some(staged.clone()),
            (Some(_), _) | (None, None) => None,
            (None, Some(obj)) => self.packed(obj, field, owner)?,
        };
        if known.as_ref() == Some(&packed) {
            return Ok(false);
        }
        self.wants_open()?;
        self.staged.insert(place, ScalarValue::Bytes(packed));
        Ok(true)
    }

    fn wants_orders(&self) -> Result<(), DocError> {
        match self.id() {
            DocId::Orders { .. } => Ok(()),
            DocId::Quota { .. } | DocId::Stock { .. } | DocId::Catalogue { .. } | DocId::Alarms { .. } => {
                Err(DocError::WrongKind { wanted: "orders" })
            }
        }
    }
}

/// The earliest of the values that the owner's lives have written.
fn earliest(order: &OrderId, moment: Moment, values: &[ScalarValue]) -> Result<Option<i64>, DocError> {
    let mut first: Option<i64> = None;
    for value in values {
        let ms = value
            .as_i64()
            .filter(|ms| matches!(value, ScalarValue::Int(_)) && ms.saturating_abs() <= MOMENT_SPAN_MS);
        let ms = ms.ok_or_else(|| DocError::poisoned(format!("order {order}: {moment:?} is {value:?}")))?;
        first = Some(first.map_or(ms, |known| known.min(ms)));
    }
    Ok(first)
}
