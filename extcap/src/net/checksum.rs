//! The Internet checksum (RFC 1071).

/// The sum of 16-bit words, as far as it has got.
///
/// Words of 64 bits are added: that comes to the same once their halves are added to each other (RFC 1071, 2 C), and so
/// does the order of the bytes in memory (2 B).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum(u128);

impl Sum {
    /// Adds data, with a zero behind an odd last byte.
    #[inline]
    pub(super) fn add(self, data: &[u8]) -> Self {
        let (words, rest) = data.as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let word = |bytes: &[u8; 8]| u128::from(u64::from_ne_bytes(*bytes));
        Sum(words.iter().map(word).sum::<u128>() + word(&last) + self.0)
    }

    /// The sum as it stands in a packet.
    pub(super) fn bytes(self) -> [u8; 2] {
        let mut sum = (self.0 >> 64) as u64 + (self.0 as u64 >> 32) + u64::from(self.0 as u32);
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        (sum as u16).to_ne_bytes()
    }

    /// The checksum: the sum's complement.
    pub(super) fn checksum(self) -> [u8; 2] {
        self.bytes().map(|byte| !byte)
    }
}

#[cfg(test)]
mod tests {
    use etherparse::checksum::Sum16BitWords;

    use super::Sum;

    #[test]
    fn it_is_etherparses() {
        let data: Vec<u8> = (0..2_000u32).map(|i| (i * i / 8) as u8 | 0x80).collect();
        for len in (0..70).chain([1_447, 1_448, 2_000]) {
            let theirs = Sum16BitWords::new().add_slice(&data).add_slice(&data[..len]).ones_complement();
            assert_eq!(Sum::default().add(&data).add(&data[..len]).checksum(), theirs.to_ne_bytes());
        }
    }

    #[test]
    fn the_sum_of_rfc_1071s_example_is_ddf2() {
        // Section 3.
        let data = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(Sum::default().add(&data).bytes(), [0xdd, 0xf2]);
    }
}
