//! The Internet checksum (RFC 1071) of long data; headers are left to etherparse.

/// The sum of the 16-bit words of some data, an odd last byte filled up with a zero: as bytes of such a word again, so
/// that it can be added to other sums.
///
/// It is taken in words of 64 bits: that adds up to the same (RFC 1071, 2 C).
pub(super) fn sum(data: &[u8]) -> [u8; 2] {
    let (words, rest) = data.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let word = |bytes: &[u8; 8]| u128::from(u64::from_ne_bytes(*bytes));
    let mut sum = words.iter().map(word).sum::<u128>() + word(&last);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (sum as u16).to_ne_bytes()
}

#[cfg(test)]
mod tests {
    use etherparse::checksum::Sum16BitWords;

    use super::sum;

    #[test]
    fn the_sum_of_long_words_is_that_of_short_ones() {
        let data: Vec<u8> = (0..2_000u32).map(|i| (i * i >> 3) as u8 | 0x80).collect();
        for len in (0..70).chain([1_447, 1_448, 2_000]) {
            let short = Sum16BitWords::new().add_slice(&data[..len]).ones_complement();
            let long = Sum16BitWords::new().add_2bytes(sum(&data[..len])).ones_complement();
            assert_eq!(long, short, "{len} bytes");
        }
    }

    #[test]
    fn the_sum_of_rfc_1071s_example_is_its() {
        // Section 3: 0001 f203 f4f5 f6f7 add up to ddf2.
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), [0xdd, 0xf2]);
    }
}
