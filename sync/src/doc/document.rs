//! One live document: load, take changes in any order, stage own writes, commit them as one change.
//! The shapes of the kinds stand in `orders.rs` and `quota.rs`; sessions and durability are the caller's.

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    Automerge, AutomergeError, Change, ChangeHash, ObjId, ObjType, PatchAction, PatchLog, Prop, ROOT,
    ScalarValue,
};
use model::id::{OrderId, SkuId};
use model::order::Owner;
use model::time::Timestamp;
use sha2::{Digest, Sha256};

use super::actor::{Author, StoreDigest, digest_of};
use super::chunk::{self, Chunk, Place, Slim};
use super::{DocActor, DocError, DocId, alarms, guard, orders, quota, stock};

/// The most changes that may wait in memory for a missing one.
pub const MAX_PENDING: usize = 4_096;

/// What a change did, so that the caller reads these again and makes commands of them. All commands made of it must be
/// idempotent: a change that comes again touches nothing, one that comes late may touch what is known already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Orders to read again.
    pub orders: BTreeSet<OrderId>,
    /// Orders of earlier hours, now closed, for which something came late: to be read by [`Document::late`].
    pub late: BTreeSet<OrderId>,
    /// A tick of the store's shelf, or a publication of the catalogue, is whole.
    pub tick: bool,
    /// A side said its last word: the hour may be complete.
    pub marked: bool,
    /// SKUs whose fields to read again.
    pub skus: BTreeSet<SkuId>,
    /// The hub's word or a closing is to be read again.
    pub notices: bool,
    /// Keys that name nothing: to be quarantined and named, not to stop anything.
    pub poisoned: Vec<String>,
    /// The change waits for one that has not come yet.
    pub waiting: bool,
}

/// What a slim change turned out to be.
enum Expanded {
    /// Here already.
    Known,
    /// It builds on something that is not here yet.
    Early,
    /// Ready to be applied.
    Change(Box<Change>),
}

/// A map inside a document that holds values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MapAt {
    /// A root map, made by the first change.
    pub(super) root: &'static str,
    /// The map inside it, made by its first writer; none for the root map itself.
    pub(super) inner: Option<String>,
}

/// One automerge document between a store and its hub.
#[derive(Debug)]
pub struct Document {
    id: DocId,
    side: Owner,
    pub(super) am: Automerge,
    pub(super) store: StoreDigest,
    known: BTreeMap<Place, ChangeHash>,
    places: BTreeMap<ChangeHash, Place>,
    pending: Vec<Vec<u8>>,
    pub(super) staged: BTreeMap<(MapAt, String), ScalarValue>,
    /// Rebuilt from a closed hour: to be read, never to be written, sent or kept.
    closed: bool,
    /// See [`Document::operations`].
    operations: usize,
}

impl Document {
    /// A document that holds nothing but its first change.
    ///
    /// # Errors
    /// [`DocError::Broken`] if automerge fails.
    pub fn new(id: DocId, actor: &DocActor) -> Result<Self, DocError> {
        Self::new_as(id, actor.side, actor.boot)
    }

    /// The same by a side and its boot number, where a document is no store's own.
    ///
    /// # Errors
    /// As [`Document::new`].
    pub fn new_as(id: DocId, side: Owner, boot: u32) -> Result<Self, DocError> {
        let store = digest_of(&id);
        let mut am = Automerge::new().with_actor(Author::Genesis.id(store));
        {
            let mut tx = am.transaction();
            let roots = match &id {
                DocId::Orders { .. } => orders::ROOTS.to_vec(),
                DocId::Quota { .. } => quota::SHARDS.to_vec(),
                DocId::Stock { .. } | DocId::Catalogue { .. } => stock::roots(),
                DocId::Alarms { .. } => alarms::ROOTS.to_vec(),
            };
            for root in roots {
                tx.put_object(ROOT, root, ObjType::Map).map_err(broken)?;
            }
            tx.commit_with(CommitOptions::default().with_time(0));
        }
        am.set_actor(Author::Life(side, boot).id(store));
        let mut document = Self {
            id,
            side,
            am,
            store,
            known: BTreeMap::new(),
            places: BTreeMap::new(),
            pending: Vec::new(),
            staged: BTreeMap::new(),
            closed: false,
            operations: 0,
        };
        for change in document.am.get_changes(&[]) {
            document.learn(&change);
        }
        Ok(document)
    }

    /// A document from what was kept of it: any run of chunks (`commit`, received changes, `save_full`), in any order.
    ///
    /// # Errors
    /// The first chunk that is not sound; see [`Document::apply_change`].
    pub fn load(id: DocId, actor: &DocActor, chunks: &[u8]) -> Result<Self, DocError> {
        Self::load_as(id, actor.side, actor.boot, chunks)
    }

    /// The same by a side and its boot number, where a document is no store's own.
    ///
    /// # Errors
    /// As [`Document::load`].
    pub fn load_as(id: DocId, side: Owner, boot: u32, chunks: &[u8]) -> Result<Self, DocError> {
        let mut document = Self::new_as(id, side, boot)?;
        let (mut rest, mut fresh) = (chunks, Vec::new());
        while !rest.is_empty() {
            let (chunk, after) = chunk::next(rest)?;
            document.unfold(&chunk, rest.get(..rest.len() - after.len()).unwrap_or_default(), &mut fresh)?;
            rest = after;
        }
        // All at once: one by one each would cost a copy of what is there already.
        guard::guarded("a stored document", || document.am.apply_changes(fresh).map_err(refused))?;
        document.retry_pending(&mut Touched::default())?;
        Ok(document)
    }

    /// The changes of a stored chunk, known from now on and not applied yet; an early one waits.
    fn unfold(&mut self, chunk: &Chunk<'_>, bytes: &[u8], fresh: &mut Vec<Change>) -> Result<(), DocError> {
        let changes = match chunk {
            Chunk::Slim(slim) => match self.expand(slim)? {
                Expanded::Known => return Ok(()),
                Expanded::Early => return self.wait(bytes),
                Expanded::Change(change) => vec![*change],
            },
            Chunk::Whole(packed) => chunk::changes_of(&chunk::unpack_whole(packed)?)?,
        };
        for change in changes {
            if self.is_news(&change)? {
                self.learn(&change);
                fresh.push(change);
            }
        }
        Ok(())
    }

    /// Whether a change is not here yet; one that its writer may not write is an error.
    fn is_news(&self, change: &Change) -> Result<bool, DocError> {
        let place = chunk::place(change, self.store);
        match place.and_then(|place| self.known.get(&place).map(|hash| (place, hash))) {
            Some((_, hash)) if *hash == change.hash() => return Ok(false),
            Some((place, _)) => return Err(self.twice(place)),
            None => {}
        }
        if place.and_then(|(author, _)| author.side()).is_none() {
            return Err(DocError::Stranger { actor: change.actor_id().to_hex_string() });
        }
        Ok(true)
    }

    /// Its name.
    pub const fn id(&self) -> &DocId {
        &self.id
    }

    /// Takes one change in any order; a repeated one changes nothing, an early one waits in memory.
    ///
    /// # Errors
    /// [`DocError::Poisoned`], [`DocError::Stranger`], [`DocError::DuplicateSeq`] for a change to be quarantined,
    /// [`DocError::HourClosed`] for a change that comes after the end,
    /// [`DocError::TooManyPending`] when the whole document should be asked for. The document is unchanged by them.
    pub fn apply_change(&mut self, bytes: &[u8]) -> Result<Touched, DocError> {
        if self.closed {
            return Err(DocError::HourClosed { doc: self.id.to_string() });
        }
        let (chunk, rest) = chunk::next(bytes)?;
        if !rest.is_empty() {
            return Err(DocError::poisoned("bytes after a change"));
        }
        self.apply_chunk(&chunk, bytes)
    }

    /// Takes what the other side sent: a change that `sender` has written, or a whole document in which everything new is
    /// `sender`'s. Checked before a byte is applied, because a foreign change cannot be cut out afterwards.
    ///
    /// # Errors
    /// As [`Document::apply_change`]; [`DocError::Stranger`] for what somebody else has written.
    pub fn apply_from(&mut self, sender: Owner, bytes: &[u8]) -> Result<Touched, DocError> {
        self.apply_judged(bytes, |document, author| {
            let foreign = author.side().is_some_and(|side| side != sender);
            foreign.then(|| document.stranger(author))
        })
    }

    /// As [`Document::apply_from`], where this side was restored: it learns again what it has written itself in lives that are
    /// `forgotten`. What comes under the name of any other life of this side, and is not here, somebody else has written.
    ///
    /// # Errors
    /// As [`Document::apply_from`]; [`DocError::NotForgotten`].
    pub fn apply_again(
        &mut self,
        sender: Owner,
        forgotten: &dyn Fn(u32) -> bool,
        bytes: &[u8],
    ) -> Result<Touched, DocError> {
        self.apply_judged(bytes, |document, author| match author {
            Author::Life(side, life) if side != sender && !forgotten(life) => {
                Some(DocError::NotForgotten { actor: author.id(document.store).to_hex_string() })
            }
            Author::Genesis | Author::Life(..) => None,
        })
    }

    /// Takes what was sent if `judge` has nothing against the authors of what is new in it.
    fn apply_judged(
        &mut self,
        bytes: &[u8],
        judge: impl Fn(&Self, Author) -> Option<DocError>,
    ) -> Result<Touched, DocError> {
        if self.closed {
            return Err(DocError::HourClosed { doc: self.id.to_string() });
        }
        let (chunk, rest) = chunk::next(bytes)?;
        if !rest.is_empty() {
            return Err(DocError::poisoned("bytes after a change"));
        }
        // What is here already may come back: under new terms each side says all it has.
        let wrong = |place: Place| {
            let new = !self.known.contains_key(&place);
            if new { judge(self, place.0) } else { None }
        };
        match &chunk {
            Chunk::Slim(slim) => match wrong(slim.place) {
                Some(error) => Err(error),
                None => self.apply_chunk(&chunk, bytes),
            },
            Chunk::Whole(packed) => {
                let changes = chunk::changes_of(&chunk::unpack_whole(packed)?)?;
                let waiting = self.waiting_by_place();
                let refused = changes.iter().find_map(|change| {
                    let place = chunk::place(change, self.store)?;
                    // What waits here already is no news either: it came from its writer.
                    let waits = waiting.get(&place).is_some_and(|slim| slim.is(&change.hash()));
                    if waits { None } else { wrong(place) }
                });
                if let Some(error) = refused {
                    return Err(error);
                }
                let mut touched = Touched::default();
                self.apply(changes, &mut touched)?;
                self.retry_pending(&mut touched)?;
                Ok(touched)
            }
        }
    }

    /// Changes that wait for one that has not come.
    pub(super) fn waiting_by_place(&self) -> BTreeMap<Place, Slim<'_>> {
        let mut waiting = BTreeMap::new();
        for bytes in &self.pending {
            if let Ok((Chunk::Slim(slim), _)) = chunk::next(bytes) {
                waiting.insert(slim.place, slim);
            }
        }
        waiting
    }

    fn stranger(&self, author: Author) -> DocError {
        DocError::Stranger { actor: author.id(self.store).to_hex_string() }
    }

    /// Merges a whole document of the other side (`save_full`): the repair path.
    ///
    /// # Errors
    /// As [`Document::apply_change`].
    pub fn apply_whole(&mut self, bytes: &[u8]) -> Result<Touched, DocError> {
        self.apply_change(bytes)
    }

    /// Makes one change of everything staged since the last commit, for the log and the wire. `None` when there is
    /// nothing to say. Automerge's own commit time stays 0: the moments carry the times that matter.
    ///
    /// # Errors
    /// [`DocError::Broken`] if automerge fails.
    pub fn commit(&mut self) -> Result<Option<Vec<u8>>, DocError> {
        if self.staged.is_empty() {
            return Ok(None);
        }
        let staged = std::mem::take(&mut self.staged);
        let mut roots: BTreeMap<&str, ObjId> = BTreeMap::new();
        let mut made: BTreeMap<MapAt, ObjId> = BTreeMap::new();
        let mut asked: Option<&MapAt> = None;
        for (at, _) in staged.keys() {
            if asked == Some(at) {
                continue;
            }
            asked = Some(at);
            let root = match roots.get(at.root) {
                Some(root) => root.clone(),
                None => {
                    let root = self.root(at.root)?;
                    roots.insert(at.root, root.clone());
                    root
                }
            };
            if let Some(obj) = self.map_in(&root, at)? {
                made.insert(at.clone(), obj);
            }
        }
        let mut tx = self.am.transaction();
        for ((at, field), value) in staged {
            let obj = match (made.get(&at), &at.inner, roots.get(at.root)) {
                (Some(obj), _, _) => obj.clone(),
                (None, Some(key), Some(root)) => {
                    let obj = tx.put_object(root, key.as_str(), ObjType::Map).map_err(broken)?;
                    made.insert(at, obj.clone());
                    obj
                }
                (None, _, _) => return Err(DocError::Broken { what: format!("no root map {}", at.root) }),
            };
            tx.put(&obj, field, value).map_err(broken)?;
        }
        tx.commit_with(CommitOptions::default().with_time(0));
        self.seal().map(Some)
    }

    /// The chunk of the change just made.
    pub(super) fn seal(&mut self) -> Result<Vec<u8>, DocError> {
        let change = self.am.get_last_local_change();
        let change = change.ok_or_else(|| DocError::Broken { what: "a commit without a change".into() })?;
        let chunk = self.slim(&change)?;
        self.learn(&change);
        Ok(chunk)
    }

    /// The chunk of a change that builds on what is here.
    pub(super) fn slim(&self, change: &Change) -> Result<Vec<u8>, DocError> {
        let deps: Option<Vec<Place>> =
            change.deps().iter().map(|hash| self.places.get(hash).copied()).collect();
        let deps = deps.ok_or_else(|| DocError::Broken { what: "a change on unknown ground".into() })?;
        chunk::slim(change, &deps, self.store)
    }

    /// Where a change of this document stands.
    pub(super) fn place_of(&self, hash: &ChangeHash) -> Option<Place> {
        self.places.get(hash).copied()
    }

    /// The change that stands there.
    pub(super) fn hash_at(&self, place: &Place) -> Option<ChangeHash> {
        self.known.get(place).copied()
    }

    /// The changes of one author from a number on, so many of them as are here.
    pub(super) fn hashes_in(&self, (author, first): Place, length: u64) -> impl Iterator<Item = ChangeHash> {
        let last = first.saturating_add(length.saturating_sub(1));
        let run = (length > 0).then(|| self.known.range((author, first)..=(author, last)));
        run.into_iter().flatten().map(|(_, hash)| *hash)
    }

    /// The whole document as one chunk, compressed: for a closed hour, and for repair.
    ///
    /// # Errors
    /// [`DocError::Broken`] if the compressor fails; [`DocError::HourClosed`] for one that is a blob already.
    pub fn save_full(&self) -> Result<Vec<u8>, DocError> {
        if self.closed {
            return Err(DocError::HourClosed { doc: self.id.to_string() });
        }
        chunk::whole(&self.am.save_nocompress())
    }

    /// Single writes in its history: what its memory goes by, some 120 bytes each in scorecard `sync-fleet`.
    pub const fn operations(&self) -> usize {
        self.operations
    }

    /// Changes that wait for a missing one. Not nought for long means: ask for the whole document.
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    /// A digest of the document's heads: equal at both sides exactly when both have the same changes.
    pub fn heads(&self) -> [u8; 8] {
        let mut heads = self.am.get_heads();
        heads.sort_unstable();
        let mut hash = Sha256::new();
        for head in heads {
            hash.update(head.0);
        }
        let full: [u8; 32] = hash.finalize().into();
        std::array::from_fn(|i| full[i])
    }

    /// Whether it was rebuilt from a closed hour.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn set_closed(&mut self) {
        self.closed = true;
    }

    pub(super) const fn side(&self) -> Owner {
        self.side
    }

    /// The time that relative times count from.
    pub(super) fn base(&self) -> Timestamp {
        match &self.id {
            DocId::Orders { hour, .. } | DocId::Stock { hour, .. } | DocId::Alarms { hour, .. } => {
                Timestamp::from_ms(hour.saturating_mul(model::time::HOUR_MS))
            }
            DocId::Quota { .. } | DocId::Catalogue { .. } => Timestamp::from_ms(0),
        }
    }

    fn apply_chunk(&mut self, chunk: &Chunk<'_>, bytes: &[u8]) -> Result<Touched, DocError> {
        let mut touched = Touched::default();
        match chunk {
            Chunk::Slim(slim) => match self.expand(slim)? {
                Expanded::Known => return Ok(touched),
                Expanded::Change(change) => self.apply(vec![*change], &mut touched)?,
                Expanded::Early => {
                    self.wait(bytes)?;
                    touched.waiting = true;
                    return Ok(touched);
                }
            },
            Chunk::Whole(packed) => {
                let changes = chunk::changes_of(&chunk::unpack_whole(packed)?)?;
                self.apply(changes, &mut touched)?;
            }
        }
        self.retry_pending(&mut touched)?;
        Ok(touched)
    }

    fn wait(&mut self, bytes: &[u8]) -> Result<(), DocError> {
        if self.pending.iter().any(|known| known == bytes) {
            return Ok(());
        }
        if self.pending.len() >= MAX_PENDING {
            return Err(DocError::TooManyPending { waiting: self.pending.len() });
        }
        self.pending.push(bytes.to_vec());
        Ok(())
    }

    fn retry_pending(&mut self, touched: &mut Touched) -> Result<(), DocError> {
        let mut progress = true;
        while progress && !self.pending.is_empty() {
            progress = false;
            for bytes in std::mem::take(&mut self.pending) {
                let Ok((Chunk::Slim(slim), _)) = chunk::next(&bytes) else { continue };
                match self.expand(&slim) {
                    Ok(Expanded::Early) => self.pending.push(bytes),
                    Ok(Expanded::Known) => progress = true,
                    Ok(Expanded::Change(change)) => {
                        progress = true;
                        match self.apply(vec![*change], touched) {
                            Ok(()) => {}
                            Err(error @ DocError::Broken { .. }) => return Err(error),
                            Err(error) => touched.poisoned.push(error.to_string()),
                        }
                    }
                    Err(error) => touched.poisoned.push(error.to_string()),
                }
            }
        }
        Ok(())
    }

    /// The full change, if everything it builds on is here.
    fn expand(&self, slim: &Slim<'_>) -> Result<Expanded, DocError> {
        if let Some(hash) = self.known.get(&slim.place) {
            return if slim.is(hash) { Ok(Expanded::Known) } else { Err(self.twice(slim.place)) };
        }
        if slim.place.0.side().is_none() {
            return Err(self.stranger(slim.place.0));
        }
        let deps: Option<Vec<ChangeHash>> = slim.deps.iter().map(|p| self.known.get(p).copied()).collect();
        match deps {
            Some(deps) => slim.expand(deps, self.store).map(|change| Expanded::Change(Box::new(change))),
            None => Ok(Expanded::Early),
        }
    }

    fn twice(&self, (author, seq): Place) -> DocError {
        DocError::DuplicateSeq { actor: author.id(self.store).to_hex_string(), seq }
    }

    /// Applies changes whose dependencies are here, after the check that their writers may write here at all.
    pub(super) fn apply(&mut self, changes: Vec<Change>, touched: &mut Touched) -> Result<(), DocError> {
        let mut fresh = Vec::with_capacity(changes.len());
        for change in changes {
            if self.is_news(&change)? {
                fresh.push(change);
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        // Automerge gives up in the middle of some forged changes; the copy costs far less than a stuck document.
        let before = self.am.clone();
        let patches = guard::guarded("a change", || {
            let mut log = PatchLog::active();
            self.am.apply_changes_log_patches(fresh.iter().cloned(), &mut log).map_err(refused)?;
            Ok(self.am.make_patches(&mut log))
        });
        let patches = match patches {
            Ok(patches) => patches,
            Err(error) => {
                self.am = before;
                return Err(error);
            }
        };
        fresh.iter().for_each(|change| self.learn(change));
        for patch in patches {
            self.note(&patch.path, &patch.action, touched);
        }
        Ok(())
    }

    /// Keeps where an applied change stands.
    fn learn(&mut self, change: &Change) {
        self.operations += change.len();
        if let Some(place) = chunk::place(change, self.store) {
            self.known.insert(place, change.hash());
            self.places.insert(change.hash(), place);
        }
    }

    fn note(&self, path: &[(ObjId, Prop)], action: &PatchAction, touched: &mut Touched) {
        let key = match action {
            PatchAction::PutMap { key, .. } | PatchAction::DeleteMap { key } => Some(key.as_str()),
            PatchAction::Conflict { prop: Prop::Map(key) }
            | PatchAction::Increment { prop: Prop::Map(key), .. } => Some(key.as_str()),
            PatchAction::Conflict { .. }
            | PatchAction::Increment { .. }
            | PatchAction::PutSeq { .. }
            | PatchAction::Insert { .. }
            | PatchAction::SpliceText { .. }
            | PatchAction::DeleteSeq { .. }
            | PatchAction::Mark { .. } => None,
        };
        // What changed, seen from the root map: its first key is an order or a quota field.
        let name = match path.get(1) {
            Some((_, Prop::Map(inner))) => Some(inner.as_str()),
            Some((_, Prop::Seq(_))) => None,
            None => key,
        };
        let known = match (&self.id, name, path.is_empty()) {
            (_, _, true) | (_, None, _) => false,
            (DocId::Orders { .. }, Some(name), false) => {
                touched.marked |= name == orders::MARK;
                let late = orders::late_order_of(name).map(|order| touched.late.insert(order));
                let order = orders::order_of(name).map(|order| touched.orders.insert(order));
                name == orders::MARK || late.or(order).is_some()
            }
            (DocId::Quota { .. }, Some(name), false) if quota::is_notice(name) => {
                touched.notices = true;
                true
            }
            (DocId::Quota { .. }, Some(name), false) => {
                quota::sku_of(name).map(|sku| touched.skus.insert(sku)).is_some()
            }
            (DocId::Stock { .. } | DocId::Catalogue { .. }, Some(name), false) => {
                let header = matches!(path.first(), Some((_, Prop::Map(root))) if root == stock::HEADER);
                touched.tick |= header;
                header || SkuId::new(name).map(|sku| touched.skus.insert(sku)).is_ok()
            }
            (DocId::Alarms { .. }, Some(name), false) => {
                let standing = alarms::is_standing(name);
                touched.tick |= standing;
                standing
            }
        };
        if !known {
            touched.poisoned.push(format!("{}: a write at no known place, key {:?}", self.id, name.or(key)));
        }
    }
}

pub(super) fn broken(error: AutomergeError) -> DocError {
    DocError::Broken { what: error.to_string() }
}

fn refused(error: AutomergeError) -> DocError {
    if let AutomergeError::DuplicateSeqNumber(seq, actor) = &error {
        return DocError::DuplicateSeq { actor: actor.to_hex_string(), seq: *seq };
    }
    DocError::poisoned(format!("a change that does not apply: {error}"))
}
