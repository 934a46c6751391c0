//! TCP options as bytes, in the order in which each system writes them.

use super::Options;

/// Which system's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OptionOrder {
    /// MSS, SACK permitted, timestamps, window scale, Fast Open (`tcp_options_write`).
    #[default]
    Linux,
    /// MSS, window scale, timestamps, SACK permitted.
    Windows,
    /// As Windows, but zeros fill what is left of the last word.
    Macos,
}

/// The most bytes of options that a header has room for.
pub(super) const MOST: usize = 40;

const END: u8 = 0;
const NOP: u8 = 1;
const MSS: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMPS: u8 = 8;
const FAST_OPEN: u8 = 34;

impl Options {
    /// How many bytes they are, with the padding between and behind them.
    pub(crate) fn len(&self) -> usize {
        write(self, &mut [0; MOST])
    }
}

/// Writes the options in whole words of 4 bytes; how many bytes that was.
pub(super) fn write(options: &Options, area: &mut [u8]) -> usize {
    let mut area = Area { area, len: 0 };
    if options.mss.is_some() || options.stripped.mss {
        let [high, low] = options.mss.unwrap_or(0).to_be_bytes();
        area.write(&[MSS, 4, high, low], options.stripped.mss);
    }
    match options.order {
        OptionOrder::Linux => area.write_linux(options),
        OptionOrder::Windows | OptionOrder::Macos => area.write_windows(options),
    }
    let blocks = &options.sack[..options.sack.len().min(4)];
    if !blocks.is_empty() {
        area.write(&[NOP, NOP, SACK, 2 + 8 * blocks.len() as u8], false);
        for (first, past) in blocks {
            area.write(&first.0.to_be_bytes(), false);
            area.write(&past.0.to_be_bytes(), false);
        }
    }
    if let Some(cookie) = &options.fast_open {
        area.write(&[FAST_OPEN, 2 + cookie.len() as u8], false);
        area.write(cookie, false);
    }
    let padding = if options.order == OptionOrder::Macos { END } else { NOP };
    while !area.len.is_multiple_of(4) {
        area.write(&[padding], false);
    }
    area.len
}

/// The place for options.
struct Area<'a> {
    area: &'a mut [u8],
    len: usize,
}

impl Area<'_> {
    /// Adds bytes; a middlebox that strips an option puts NOPs in its place.
    fn write(&mut self, bytes: &[u8], stripped: bool) {
        let end = self.len + bytes.len();
        if let Some(place) = self.area.get_mut(self.len..end) {
            place.copy_from_slice(bytes);
            if stripped {
                place.fill(NOP);
            }
        }
        self.len = end;
    }

    fn write_linux(&mut self, options: &Options) {
        let sack = options.sack_permitted || options.stripped.sack_permitted;
        let timestamps = options.timestamps.is_some() || options.stripped.timestamps;
        if sack != timestamps {
            self.write(&[NOP, NOP], false);
        }
        self.write_sack_permitted(options);
        self.write_timestamps(options);
        self.write_window_scale(options);
    }

    fn write_windows(&mut self, options: &Options) {
        self.write_window_scale(options);
        if options.timestamps.is_some() || options.stripped.timestamps {
            self.write(&[NOP, NOP], false);
            self.write_timestamps(options);
        } else if options.sack_permitted || options.stripped.sack_permitted {
            self.write(&[NOP, NOP], false);
        }
        self.write_sack_permitted(options);
    }

    fn write_sack_permitted(&mut self, options: &Options) {
        if options.sack_permitted || options.stripped.sack_permitted {
            self.write(&[SACK_PERMITTED, 2], options.stripped.sack_permitted);
        }
    }

    fn write_timestamps(&mut self, options: &Options) {
        let stripped = options.stripped.timestamps;
        if options.timestamps.is_some() || stripped {
            let (value, echo) = options.timestamps.map_or((0, 0), |t| (t.value, t.echo));
            self.write(&[TIMESTAMPS, 10], stripped);
            self.write(&value.to_be_bytes(), stripped);
            self.write(&echo.to_be_bytes(), stripped);
        }
    }

    fn write_window_scale(&mut self, options: &Options) {
        let stripped = options.stripped.window_scale;
        if options.window_scale.is_some() || stripped {
            self.write(&[NOP], false);
            self.write(&[WINDOW_SCALE, 3, options.window_scale.unwrap_or(0)], stripped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Timestamps;

    fn kinds(options: &Options) -> Vec<u8> {
        let mut area = [0; MOST];
        let len = write(options, &mut area);
        assert_eq!(len % 4, 0);
        let (mut kinds, mut rest) = (Vec::new(), &area[..len]);
        while let Some(&kind) = rest.first() {
            kinds.push(kind);
            rest = &rest[if kind <= NOP { 1 } else { rest[1].into() }..];
        }
        kinds
    }

    #[test]
    fn each_system_has_its_order() {
        let offer = |order| Options {
            mss: Some(1460),
            sack_permitted: true,
            timestamps: (order != OptionOrder::Windows).then_some(Timestamps { value: 1, echo: 0 }),
            window_scale: Some(7),
            order,
            ..Options::default()
        };
        assert_eq!(kinds(&offer(OptionOrder::Linux)), [2, 4, 8, 1, 3]);
        assert_eq!(kinds(&offer(OptionOrder::Windows)), [2, 1, 3, 1, 1, 4]);
        assert_eq!(kinds(&offer(OptionOrder::Macos)), [2, 1, 3, 1, 1, 8, 4, 0, 0]);
        let ask = Options { fast_open: Some(bytes::Bytes::new()), ..offer(OptionOrder::Linux) };
        assert_eq!(kinds(&ask), [2, 4, 8, 1, 3, 34, 1, 1]);
    }
}
