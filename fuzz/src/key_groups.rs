//! Laws of key groups, whose shares of the data key are Shamir's.

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use sealkit::age::{Identities, KeygenKind, Prompts, Recipient, keygen};
use sealkit::sops::{
    AgeKey, DATA_KEY_LEN, DataKey, DataKeyError, KeyGroup, MasterKey, Metadata, SelectionRule,
};

/// The most groups that are tried: each of them costs two X25519 exchanges.
const MOST: usize = 6;

/// Groups of one key each, who of them takes part, and what was put in the place of their shares.
#[derive(Arbitrary, Debug)]
pub struct Sharing {
    data_key: [u8; DATA_KEY_LEN],
    groups: u8,
    threshold: u8,
    /// The threshold that the file says afterwards.
    said: Option<u8>,
    present: [bool; MOST],
    forged: Vec<(u8, Vec<u8>)>,
}

struct Member {
    recipient: Recipient,
    secret: String,
}

static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let member = |_| {
        let key = keygen(KeygenKind::X25519).expect("a key can be made");
        let recipient = key.recipient.parse().expect("its recipient can be read");
        Member { recipient, secret: key.contents.to_string() }
    };
    (0..MOST).map(member).collect()
});

/// As many groups as the threshold says recover the data key, and fewer don't. Forged shares give what interpolation makes of them, or
/// an error.
pub fn recover(sharing: &Sharing) {
    let groups = usize::from(sharing.groups) % (MOST + 1);
    let data_key = DataKey::from_bytes(&sharing.data_key).expect("these are 32 bytes");
    let members = &MEMBERS[..groups];
    let group =
        |member: &Member| KeyGroup::new(vec![MasterKey::Age(AgeKey::new(member.recipient.to_string()))]);
    let mut metadata = Metadata::new(members.iter().map(group).collect(), SelectionRule::default());
    metadata.shamir_threshold = (groups > 1).then_some(sharing.threshold);
    let fits = groups == 1 || (2..=groups).contains(&usize::from(sharing.threshold));
    let wrapped = metadata.wrap_data_key(&data_key, &Prompts::default());
    assert_eq!(wrapped.is_ok(), fits, "{groups} groups with a threshold of {}", sharing.threshold);
    if !fits {
        return;
    }
    let secrets: Vec<&str> = members
        .iter()
        .zip(sharing.present)
        .filter(|(_, present)| *present)
        .map(|(member, _)| member.secret.as_str())
        .collect();
    let identities = Identities::from_text(&secrets.join("\n"), "fuzz");
    let needed = if groups == 1 { 1 } else { usize::from(sharing.threshold) };
    match metadata.data_key(&identities) {
        Ok(recovered) => {
            assert!(secrets.len() >= needed && recovered == data_key, "too few groups, or another key");
        }
        Err(DataKeyError::NotRecovered(told)) => {
            assert!(secrets.len() < needed, "there were enough");
            assert_eq!((told.needed, told.opened()), (needed, secrets.len()));
        }
        Err(error) => panic!("{error}"),
    }
    if groups > 1 {
        forge(&mut metadata, sharing, members);
        let expected = shares(&metadata, &identities).and_then(|shares| interpolated(&shares));
        let expected = expected.and_then(|bytes| DataKey::from_bytes(&bytes).ok());
        assert!(metadata.data_key(&identities).ok() == expected, "the shares make another key");
    }
}

/// Puts other bytes in the place of shares, as whoever can write the file could.
fn forge(metadata: &mut Metadata, sharing: &Sharing, members: &[Member]) {
    for (group, share) in sharing.forged.iter().take(MOST) {
        let group = usize::from(*group) % members.len();
        let encrypted = members[group].recipient.encrypt(share, &Prompts::default());
        if let Some(MasterKey::Age(key)) = metadata.key_groups[group].keys.first_mut() {
            key.enc = encrypted.expect("an X25519 recipient can always be encrypted for");
        }
    }
    metadata.shamir_threshold = sharing.said;
}

/// The shares of the first groups that open, as many as are needed.
fn shares(metadata: &Metadata, identities: &Identities) -> Option<Vec<Vec<u8>>> {
    let needed = metadata.shamir_threshold.map_or(metadata.key_groups.len(), usize::from);
    let open = metadata.master_keys().filter_map(|key| key.open(identities).ok());
    let shares: Vec<_> = open.take(needed).map(|opened| opened.plaintext.to_vec()).collect();
    (shares.len() == needed).then_some(shares)
}

/// The value at 0 of the polynomials through the shares, by tables of logarithms.
fn interpolated(shares: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (mut powers, mut logarithms) = ([0u8; 255], [0usize; 256]);
    let mut power = 1u8;
    for (exponent, slot) in powers.iter_mut().enumerate() {
        *slot = power;
        logarithms[usize::from(power)] = exponent;
        // The generator is x + 1, modulo x^8 + x^4 + x^3 + x + 1.
        power ^= (power << 1) ^ if power & 0x80 == 0 { 0 } else { 0x1b };
    }
    let log = |value: u8| logarithms[usize::from(value)];
    let places: Vec<u8> = shares.iter().map(|share| share.last().copied()).collect::<Option<_>>()?;
    let are_distinct = places.iter().enumerate().all(|(index, place)| !places[..index].contains(place));
    let is_one_size = shares.windows(2).all(|pair| pair[0].len() == pair[1].len());
    if shares.len() < 2 || !are_distinct || !is_one_size || places.contains(&0) || shares[0].len() < 2 {
        return None;
    }
    let byte = |index: usize| {
        shares.iter().zip(&places).filter(|(share, _)| share[index] != 0).fold(0, |sum, (share, own)| {
            let others = places.iter().filter(|place| *place != own);
            let exponent = others.map(|other| log(*other) + 255 - log(other ^ own)).sum::<usize>();
            sum ^ powers[(exponent + log(share[index])) % 255]
        })
    };
    Some((0..shares[0].len() - 1).map(byte).collect())
}
