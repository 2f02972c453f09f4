use proptest::prelude::*;

use super::*;

/// The key, the secret key and the note that Go's `golang.org/x/mod/sumdb/note` is documented and tested with.
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// A checkpoint that stands as the example in C2SP tlog-checkpoint; no key is published with it.
const SOFA: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

const LOG: &str = "register.example/audit";

fn signer() -> Signer {
    Signer::new(LOG, &[7; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: LOG.to_owned(),
        size: 1_234,
        root: [0xab; 32],
        extensions: vec![],
    }
}

/// A line of a signature by a key that nobody knows.
fn foreign(name: &str, bytes: &[u8]) -> String {
    format!("— {name} {}\n", BASE64.encode(bytes))
}

fn check_open(note: &str, expect: &Result<&str, Fault>) {
    assert_eq!(&signer().verifier().open(note), expect, "{note}");
}

fn check_parse(text: &str, expect: &Fault) {
    assert_eq!(Checkpoint::parse(text).as_ref(), Err(expect), "{text}");
}

fn check_key(text: &str, expect: &Fault) {
    assert_eq!(text.parse::<Verifier>().as_ref(), Err(expect), "{text}");
}

#[test]
fn the_note_of_the_reference_implementation_is_read_and_written() {
    let verifier: Verifier = PETER.parse().unwrap();
    assert_eq!(
        (verifier.name(), verifier.to_string().as_str()),
        ("PeterNeumann", PETER)
    );
    let note = format!("{PETER_TEXT}\n{PETER_LINE}");
    assert_eq!(verifier.open(&note), Ok(PETER_TEXT));
    let secret = BASE64.decode(PETER_SECRET.as_bytes()).unwrap();
    let signer = Signer::new("PeterNeumann", secret[1..].try_into().unwrap()).unwrap();
    assert_eq!(*signer.verifier(), verifier);
    assert_eq!(signer.sign(PETER_TEXT).unwrap(), note);
}

#[test]
fn the_checkpoint_of_the_specification_is_read_and_written() {
    let checkpoint = Checkpoint::parse(SOFA).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!((checkpoint.size, checkpoint.root[0]), (20_852_163, 0x0a));
    assert_eq!(checkpoint.text(), SOFA);
}

#[test]
fn a_checkpoint_is_read_as_it_was_written() {
    let note = write(&checkpoint(), &signer()).unwrap();
    assert_eq!(read(&note, signer().verifier()), Ok(checkpoint()));
    // What a stranger to this program is given.
    let root = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
    assert!(note.starts_with(&format!("{LOG}\n1234\n{root}\n\n— {LOG} ")), "{note}");
    let public: Verifier = signer().verifier().to_string().parse().unwrap();
    assert_eq!(read(&note, &public), Ok(checkpoint()));
}

#[test]
fn a_checkpoint_that_would_not_read_back_is_not_signed() {
    let check = |change: fn(&mut Checkpoint), expect: Fault| {
        let mut checkpoint = checkpoint();
        change(&mut checkpoint);
        assert_eq!(write(&checkpoint, &signer()), Err(expect));
    };
    check(|c| c.size = LARGEST + 1, Fault::Size);
    check(|c| c.extensions = vec![String::new()], Fault::EmptyLine);
    check(|c| c.extensions = vec!["two\nlines".to_owned()], Fault::Unreadable);
    check(|c| c.extensions = vec!["a\tb".to_owned()], Fault::ControlCharacter);
    check(|c| c.extensions = vec!["a".repeat(NOTE_BYTES)], Fault::TooLong);
    check(
        |c| c.origin = "other".to_owned(),
        Fault::OtherOrigin {
            expected: LOG.to_owned(),
            found: "other".to_owned(),
        },
    );
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let note = signer().sign(SOFA).unwrap();
    let found = "example.com/behind-the-sofa".to_owned();
    let expected = LOG.to_owned();
    let fault = Fault::OtherOrigin { expected, found };
    assert_eq!(
        fault.to_string(),
        format!("the checkpoint is of the log example.com/behind-the-sofa, not of {LOG}")
    );
    assert_eq!(read(&note, signer().verifier()), Err(fault));
}

#[test]
fn there_is_one_way_to_write_a_checkpoint() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    for origin in ["", "a b", "a+b", "a\u{a0}b", "a\u{7f}b", "a\u{2028}b"] {
        check_parse(&format!("{origin}\n1\n{root}\n"), &Fault::Origin);
    }
    for size in [
        "",
        "01",
        "00",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1.0",
        "0x1",
        "１",
        "9223372036854775808",
        "18446744073709551616",
    ] {
        check_parse(&format!("a\n{size}\n{root}\n"), &Fault::Size);
    }
    for root in [
        "",
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I",
        // The same bytes to a reader that is not strict.
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=",
        "CsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=",
        " CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==",
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA",
    ] {
        check_parse(&format!("a\n1\n{root}\n"), &Fault::Root);
    }
    check_parse("", &Fault::TextEnd);
    check_parse("\n", &Fault::Origin);
    check_parse("a\n", &Fault::Size);
    check_parse("a\n1\n", &Fault::Root);
    check_parse(&format!("a\n1\n{root}"), &Fault::TextEnd);
    check_parse(&format!("a\n1\n{root}\n\n"), &Fault::EmptyLine);
    check_parse(&format!("a\n1\n{root}\nb\n\nc\n"), &Fault::EmptyLine);
    check_parse(&format!("a\r\n1\r\n{root}\r\n"), &Fault::ControlCharacter);
    assert_eq!(Checkpoint::parse(&format!("a\n0\n{root}\n")).unwrap().size, 0);
    assert_eq!(
        Checkpoint::parse(&format!("a\n{LARGEST}\n{root}\n")).unwrap().size,
        LARGEST
    );
}

#[test]
fn keys_are_read_strictly() {
    check_key("", &Fault::KeyText);
    check_key("PeterNeumann", &Fault::KeyText);
    check_key("PeterNeumann+c74f20a3", &Fault::KeyText);
    check_key(&PETER.replace("c74f20a3", "C74F20A3"), &Fault::KeyText);
    check_key(&PETER.replace("c74f20a3", "c74f20a"), &Fault::KeyText);
    check_key(&PETER.replace("c74f20a3", "c74f20a3ff"), &Fault::KeyText);
    check_key(&PETER.replace("c74f20a3", "c74f20a4"), &Fault::KeyId);
    check_key(&PETER.replace("Peter", "Petra"), &Fault::KeyId);
    check_key(&PETER.replace("PeterNeumann", ""), &Fault::KeyName);
    check_key(&PETER.replace("PeterNeumann", "Peter Neumann"), &Fault::KeyName);
    check_key(&format!("{PETER}\n"), &Fault::KeyText);
    // The two bad keys of the reference implementation: of a wrong length, and of a kind that is not known.
    let long = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
    check_key(long, &Fault::KeyText);
    check_key(&long.replace("BADKEY==", "BADKEYAA"), &Fault::KeyKind);
    check_key(
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        &Fault::KeyKind,
    );
    // The neutral element: any text has a signature under it.
    let mut weak = [0; 33];
    (weak[0], weak[1]) = (1, 1);
    check_key(&format!("a+00000000+{}", BASE64.encode(&weak)), &Fault::KeyKind);
    for name in ["", "a b", "a+b", "a\nb", "a\u{3000}b", "a\u{85}"] {
        assert_eq!(Signer::new(name, &[7; 32]).unwrap_err(), Fault::KeyName, "{name}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let shown = format!("{:?}", Signer::new("a", &[0xa7; 32]).unwrap());
    assert!(shown.starts_with("Signer(Verifier"), "{shown}");
    assert!(!shown.contains("167, 167") && !shown.contains("a7a7"), "{shown}");
}

#[test]
fn signatures_of_unknown_keys_are_passed_over() {
    let note = signer().sign("text\n").unwrap();
    let others = [
        foreign("another", &[1; 68]),
        foreign("another", &[1; 5]),
        foreign("large", &[1; 5_000]),
        // The same name with another number, and the same number under another name.
        foreign(LOG, &[1; 68]),
        foreign("another", &[&signer().verifier().id[..], &[1; 64]].concat()),
    ];
    check_open(&format!("{note}{}", others.concat()), &Ok("text\n"));
    let (text, line) = note.split_once("\n\n").unwrap();
    check_open(&format!("{text}\n\n{}{line}", others.concat()), &Ok("text\n"));
    let unknown = Fault::UnknownKeys {
        name: LOG.to_owned(),
        id: HEXLOWER.encode(&signer().verifier().id),
    };
    check_open(&format!("{text}\n\n{}", others.concat()), &Err(unknown));
}

#[test]
fn a_wrong_signature_of_the_known_key_is_refused_beside_a_right_one() {
    let note = signer().sign("text\n").unwrap();
    let id = signer().verifier().id;
    for length in [1, 63, 64, 65] {
        let wrong = foreign(LOG, &[&id[..], &vec![1; length]].concat());
        check_open(&format!("{note}{wrong}"), &Err(Fault::WrongSignature(LOG.to_owned())));
    }
    // Twice the same right one does no harm.
    let (_, line) = note.split_once("\n\n").unwrap();
    check_open(&format!("{note}{line}"), &Ok("text\n"));
}

#[test]
fn a_signature_has_no_second_form() {
    let note = signer().sign("text\n").unwrap();
    let (text, line) = note.split_once("\n\n").unwrap();
    let (_, _, signature) = signature_line(line.trim_end()).unwrap();
    // The order of the group added to the scalar: the same signature to a reader that does not look.
    let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let order = HEXLOWER.decode(order.as_bytes()).unwrap();
    let mut second = signature.clone();
    let mut carry = 0;
    for (byte, add) in second[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    let line = foreign(LOG, &[&signer().verifier().id[..], &second].concat());
    check_open(
        &format!("{text}\n\n{line}"),
        &Err(Fault::WrongSignature(LOG.to_owned())),
    );
}

#[test]
fn the_last_empty_line_ends_the_text() {
    for text in ["\n", "\n\n", "a\n\nb\n", "a\n\n", "a\n\n— b AAAAAAA=\n", "国界\n"] {
        let note = signer().sign(text).unwrap();
        check_open(&note, &Ok(text));
    }
}

#[test]
fn malformed_notes_are_refused() {
    let note = signer().sign("text\n").unwrap();
    for unsigned in ["", "\n", "\n\n", "text", "text\n", "text\n\n", note.trim_end()] {
        check_open(unsigned, &Err(Fault::Unsigned));
    }
    check_open(&format!("{note}\n"), &Err(Fault::Unsigned));
    check_open(&format!("{note}more"), &Err(Fault::Unsigned));
    check_open(&format!("{note}more\n"), &Err(Fault::SignatureLine(2)));
    check_open(&note.replace('—', "-"), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace("— ", "—"), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace("— ", "—  "), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace("— ", " — "), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace(LOG, ""), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace(LOG, "a+b"), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace('=', ""), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace("=\n", "= \n"), &Err(Fault::SignatureLine(1)));
    check_open(&note.replace("text", "te\rxt"), &Err(Fault::ControlCharacter));
    check_open(&note.replace("text", "te\0xt"), &Err(Fault::ControlCharacter));
    check_open(&note.replace('\n', "\r\n"), &Err(Fault::ControlCharacter));
    // A number of a key alone is no signature.
    check_open(
        &format!("{note}{}", foreign("a", &[1; 4])),
        &Err(Fault::SignatureLine(2)),
    );
    check_open(&format!("{note}{}", foreign("a", &[])), &Err(Fault::SignatureLine(2)));
}

#[test]
fn a_note_has_limits() {
    let note = signer().sign("text\n").unwrap();
    let others = |count: usize| foreign("a", &[1; 68]).repeat(count);
    check_open(&format!("{note}{}", others(SIGNATURES - 1)), &Ok("text\n"));
    check_open(&format!("{note}{}", others(SIGNATURES)), &Err(Fault::TooManySignatures));
    check_open(&"a".repeat(NOTE_BYTES + 1), &Err(Fault::TooLong));
    // The signature counts too.
    let around = note.len() - "text".len();
    let longest = format!("{}\n", "a".repeat(NOTE_BYTES - around));
    let signed = signer().sign(&longest).unwrap();
    assert_eq!(signed.len(), NOTE_BYTES);
    check_open(&signed, &Ok(&longest));
    assert_eq!(signer().sign(&format!("a{longest}")), Err(Fault::TooLong));
    assert_eq!(signer().sign("text"), Err(Fault::TextEnd));
    assert_eq!(signer().sign(""), Err(Fault::TextEnd));
    assert_eq!(signer().sign("te\txt\n"), Err(Fault::ControlCharacter));
}

#[test]
fn any_bit_of_a_note_counts() {
    let note = write(&checkpoint(), &signer()).unwrap();
    for at in 0..note.len() * 8 {
        let mut bytes = note.clone().into_bytes();
        bytes[at / 8] ^= 1 << (at % 8);
        if let Ok(flipped) = std::str::from_utf8(&bytes) {
            assert!(signer().verifier().open(flipped).is_err(), "{flipped}");
        }
    }
}

#[test]
fn any_piece_of_a_key_is_no_key() {
    for begin in 0..PETER.len() {
        for end in begin..=PETER.len() {
            let is_whole = begin == 0 && end == PETER.len();
            assert_eq!(PETER[begin..end].parse::<Verifier>().is_ok(), is_whole);
        }
    }
    for at in 0..PETER.len() * 8 {
        let mut bytes = PETER.as_bytes().to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        assert!(std::str::from_utf8(&bytes).is_err() || String::from_utf8(bytes).unwrap().parse::<Verifier>().is_err());
    }
}

/// What notes, keys and checkpoints are made of.
const PIECES: [&str; 14] = [
    "\n",
    "\n\n",
    "\u{2014} ",
    "\u{2014}",
    " ",
    "+",
    "=",
    "a",
    LOG,
    "0",
    "1",
    "\u{754c}",
    "\0",
    "\u{a0}",
];

/// Names of keys, with letters that are easily taken for a space or an end.
fn names() -> impl Strategy<Value = String> {
    "[a-z0-9./\u{2014}\u{754c}=-]{1,20}"
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[ -~\u{2014}\u{754c}]{1,20}", 0..4)
}

proptest! {
    #[test]
    fn every_checkpoint_makes_the_round_trip(
        origin in names(), size in 0..=LARGEST, root in any::<Hash>(), extensions in lines(),
        secret in any::<[u8; 32]>(),
    ) {
        let checkpoint = Checkpoint { origin, size, root, extensions };
        let signer = Signer::new(&checkpoint.origin, &secret).unwrap();
        let note = write(&checkpoint, &signer).unwrap();
        let verifier: Verifier = signer.verifier().to_string().parse().unwrap();
        prop_assert_eq!(&verifier, signer.verifier());
        prop_assert_eq!(read(&note, &verifier), Ok(checkpoint));
        prop_assert!(read(&note, super::tests::signer().verifier()).is_err());
    }

    #[test]
    fn a_flipped_bit_is_noticed(text in lines(), secret in any::<[u8; 32]>(), at in any::<prop::sample::Index>()) {
        let signer = Signer::new(LOG, &secret).unwrap();
        let note = signer.sign(&format!("{}\n", text.join("\n"))).unwrap();
        let mut bytes = note.into_bytes();
        let at = at.index(bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
        if let Ok(flipped) = std::str::from_utf8(&bytes) {
            prop_assert!(signer.verifier().open(flipped).is_err());
        }
    }

    #[test]
    fn no_text_does_harm(
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..30), any_text in any::<String>(),
    ) {
        for text in [pieces.concat(), any_text] {
            prop_assert!(signer().verifier().open(&text).is_err());
            prop_assert!(text.parse::<Verifier>().is_err());
            // What is read is written the same.
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.text(), text);
            }
        }
    }
}
