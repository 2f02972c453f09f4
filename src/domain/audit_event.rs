//! The bytes of an audit event, which are hashed into the leaf of a [`merkle`] tree.
//!
//! They never change for an event once written: a checkpoint given away years ago has to hold for them. What else an
//! event should ever say needs another label.

use super::merkle;

/// Names the format, so that these bytes are never mistaken for others.
const LABEL: &[u8] = b"merestone event 1\n";

/// Stands for the length of a field that is absent, which is not the same as an empty one.
const ABSENT: u64 = u64::MAX;

/// One line of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// The key of the event, ascending.
    pub number: i64,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub at_micros: i64,
    pub actor: &'a str,
    pub action: &'a str,
    /// Of the subject.
    pub kind: &'a str,
    pub subject: &'a str,
    pub reason: Option<&'a str>,
    /// The text of the JSON exactly as the database gives it; it is not read.
    pub detail: &'a str,
    pub subject_digest: Option<&'a [u8]>,
}

impl Event<'_> {
    /// The event as bytes; two different events never have the same.
    ///
    /// - **Shape**: the label `merestone event 1` and a line feed; then the nine fields in the order in which they are
    ///   declared, each its length in bytes and its bytes. The length is unsigned, 64 bits, big endian; that of an
    ///   absent field has all bits set. Text is UTF-8; numbers are signed, 64 bits, big endian, so their length is 8.
    pub fn bytes(&self) -> Vec<u8> {
        let (number, at_micros) = (self.number.to_be_bytes(), self.at_micros.to_be_bytes());
        let fields = [
            Some(number.as_slice()),
            Some(at_micros.as_slice()),
            Some(self.actor.as_bytes()),
            Some(self.action.as_bytes()),
            Some(self.kind.as_bytes()),
            Some(self.subject.as_bytes()),
            self.reason.map(str::as_bytes),
            Some(self.detail.as_bytes()),
            self.subject_digest,
        ];
        let mut bytes = LABEL.to_vec();
        for field in fields {
            let length = field.map_or(ABSENT, |field| field.len() as u64);
            bytes.extend(length.to_be_bytes());
            bytes.extend(field.unwrap_or_default());
        }
        bytes
    }

    /// The hash of the event as a leaf of the tree.
    pub fn leaf(&self) -> merkle::Hash {
        merkle::leaf(&self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// What an [`Event`] borrows from.
    type Fields = (i64, i64, [String; 5], Option<String>, Option<Vec<u8>>);

    fn event((number, at_micros, texts, reason, digest): &Fields) -> Event<'_> {
        let [actor, action, kind, subject, detail] = texts;
        Event {
            number: *number,
            at_micros: *at_micros,
            actor,
            action,
            kind,
            subject,
            reason: reason.as_deref(),
            detail,
            subject_digest: digest.as_deref(),
        }
    }

    /// Takes the bytes apart again, by the description of the format alone.
    fn read(bytes: &[u8]) -> Fields {
        let mut rest = bytes.strip_prefix(b"merestone event 1\n").unwrap();
        let mut field = || {
            let (length, behind) = rest.split_first_chunk::<8>().unwrap();
            rest = behind;
            let length = u64::from_be_bytes(*length);
            if length == u64::MAX {
                return None;
            }
            let (field, behind) = rest.split_at(usize::try_from(length).unwrap());
            rest = behind;
            Some(field.to_vec())
        };
        let fields: [_; 9] = std::array::from_fn(|_| field());
        assert_eq!(rest, b"", "nothing stands behind the last field");
        let [number, at_micros, actor, action, kind, subject, reason, detail, digest] = fields;
        let integer = |bytes: Option<Vec<u8>>| i64::from_be_bytes(bytes.unwrap().try_into().unwrap());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let texts = [actor, action, kind, subject, detail].map(|bytes| text(bytes.unwrap()));
        (integer(number), integer(at_micros), texts, reason.map(text), digest)
    }

    /// Few values, so that two events are often nearly the same; letters that move from one field to the next.
    fn few() -> impl Strategy<Value = Fields> {
        let text = || prop::sample::select(vec!["", "a", "b", "ab", "\0"]).prop_map(str::to_owned);
        let texts = [text(), text(), text(), text(), text()];
        let digest = prop::option::of(prop::collection::vec(0..2_u8, 0..2));
        (0..2_i64, 0..2_i64, texts, prop::option::of(text()), digest)
    }

    /// One field of an event made another.
    fn changed(mut fields: Fields, which: usize) -> Fields {
        match which {
            0 => fields.0 ^= 1,
            1 => fields.1 ^= 1,
            2..=6 => fields.2[which - 2].push('x'),
            7 => fields.3 = fields.3.is_none().then(String::new),
            _ => fields.4 = fields.4.is_none().then(Vec::new),
        }
        fields
    }

    proptest! {
        #[test]
        fn bytes_hold_the_whole_event(fields in any::<Fields>()) {
            prop_assert_eq!(read(&event(&fields).bytes()), fields);
        }

        #[test]
        fn different_events_have_different_bytes(one in few(), other in few(), which in 0..9_usize) {
            let (a, b) = (event(&one), event(&other));
            prop_assert_eq!(a.bytes() == b.bytes(), a == b);
            prop_assert_eq!(a.leaf() == b.leaf(), a == b);
            let near = changed(one.clone(), which);
            prop_assert_ne!(event(&near).bytes(), a.bytes());
        }
    }

    #[test]
    fn the_format_is_the_one_of_the_first_release() {
        let event = Event {
            number: 17,
            at_micros: 1_767_225_600_000_001,
            actor: "王伟",
            action: "publish",
            kind: "marker",
            subject: "017",
            reason: None,
            detail: r#"{"n": 1}"#,
            subject_digest: Some(&[0xab, 0xcd]),
        };
        let expect = concat!(
            "6d65726573746f6e65206576656e7420310a",
            "00000000000000080000000000000011",
            "00000000000000080006474846204001",
            "0000000000000006e78e8be4bc9f",
            "00000000000000077075626c697368",
            "00000000000000066d61726b6572",
            "0000000000000003303137",
            "ffffffffffffffff",
            "00000000000000087b226e223a20317d",
            "0000000000000002abcd",
        );
        assert_eq!(HEXLOWER.encode(&event.bytes()), expect);
        assert_eq!(
            HEXLOWER.encode(&event.leaf()),
            "9e8f1b6ed41e29ba82e29d55d49d7d47e4c1e4e39232cdd2cfb130ee34a43ab8"
        );
    }

    #[test]
    fn absent_is_not_empty() {
        let absent = event(&(0, 0, Default::default(), None, None)).bytes();
        let empty = event(&(0, 0, Default::default(), Some(String::new()), Some(vec![]))).bytes();
        assert_ne!(absent, empty);
        assert_eq!(absent.len(), empty.len());
    }
}
