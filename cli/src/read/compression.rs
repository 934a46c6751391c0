//! Compressed captures, decompressed while they are read: what is held is bounded, however much comes out.

use flate2::read::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder as Lz4Decoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder as ZstdDecoder};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read};

/// What a decompressor may hold, in bytes: `zstd --long` and `xz -9` need no more.
const MAX_MEMORY: u64 = 128 << 20;

/// A way to compress files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    /// RFC 1952, perhaps several members.
    Gzip,
    /// RFC 8878, perhaps several frames.
    Zstd,
    /// The LZ4 frame format, and the one before it.
    Lz4,
    /// The .xz file format, perhaps several streams.
    Xz,
}

impl Compression {
    /// How the file that starts with these four bytes is compressed.
    pub(super) fn of(magic: &[u8]) -> Option<Compression> {
        Some(match magic {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            // A frame, or one to be skipped, with which parallel compressors start.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Compression::Zstd,
            [0x04, 0x22, 0x4d, 0x18] | [0x02, 0x21, 0x4c, 0x18] => Compression::Lz4,
            [0xfd, b'7', b'z', b'X'] => Compression::Xz,
            _ => return None,
        })
    }

    /// How it is called.
    fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Lz4 => "lz4",
            Compression::Xz => "xz",
        }
    }

    /// What `reader` gives, decompressed. It fails with [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) where the
    /// compressed data is cut off, with [`InvalidData`](io::ErrorKind::InvalidData) where it is damaged, and as
    /// `reader` does where that fails.
    pub(super) fn decompress(self, reader: Box<dyn Read>) -> Box<dyn Read> {
        let reader = BufReader::new(reader);
        let inner: Box<dyn Read> = match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Compression::Zstd => Box::new(ZstdFrames::new(reader)),
            Compression::Lz4 => Box::new(Lz4Frames(Lz4Decoder::new(reader))),
            Compression::Xz => Box::new(XzReader::new_mem_limit(reader, true, (MAX_MEMORY >> 10) as u32)),
        };
        Box::new(Decompressed { inner, compression: self })
    }

    /// The decompressor's error, in terms of what is wrong with the file.
    fn explain(self, error: io::Error) -> io::Error {
        let damaged = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
        match root(&error) {
            Root::System | Root::End(_) if error.get_ref().is_none() => error,
            Root::System => io::Error::other(error.to_string()),
            Root::End(kind) => kind.into(),
            Root::Memory => damaged(format!(
                "its {} compression needs more than {} MB of memory; decompress it first",
                self.name(),
                MAX_MEMORY >> 20
            )),
            Root::Data => damaged(format!("its {} compression is broken", self.name())),
        }
    }
}

/// What a decompressor's error goes back to.
enum Root {
    /// The operating system.
    System,
    /// The end of the file, or an interruption.
    End(io::ErrorKind),
    /// The bound on memory.
    Memory,
    /// The data.
    Data,
}

/// Looks for it through all layers of the error.
fn root(error: &(dyn Error + 'static)) -> Root {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            match error.kind() {
                kind @ (io::ErrorKind::UnexpectedEof | io::ErrorKind::Interrupted) => return Root::End(kind),
                io::ErrorKind::OutOfMemory => return Root::Memory,
                _ if error.raw_os_error().is_some() => return Root::System,
                _ => {}
            }
        }
        if let Some(FrameDecoderError::WindowSizeTooBig { .. }) = error.downcast_ref() {
            return Root::Memory;
        }
        // An `io::Error` passes over the error in it when asked for its source.
        next = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    Root::Data
}

/// A decompressor whose errors say what is wrong with the file.
struct Decompressed {
    inner: Box<dyn Read>,
    compression: Compression,
}

impl Read for Decompressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| self.compression.explain(error))
    }
}

/// LZ4 frames, one behind the other: the decoder ends at the end of each.
struct Lz4Frames<R: BufRead>(Lz4Decoder<R>);

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(count);
            }
        }
    }
}

/// Zstandard frames, one behind the other (RFC 8878, 3.1).
struct ZstdFrames<R> {
    input: R,
    decoder: ZstdDecoder,
    in_frame: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(input: R) -> ZstdFrames<R> {
        let mut decoder = ZstdDecoder::new();
        decoder.set_max_window_size(MAX_MEMORY);
        ZstdFrames { input, decoder, in_frame: false }
    }

    /// Comes to the next frame that has content; false at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = self.input.by_ref().take(length.into());
                    if io::copy(&mut skipped, &mut io::sink())? < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    /// The frame's checksum is that of its content, if it has one.
    fn is_sound(&self) -> bool {
        let told = self.decoder.get_checksum_from_data();
        told.is_none() || told == self.decoder.get_calculated_checksum()
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                self.in_frame = self.next_frame()?;
            }
            if !self.in_frame {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.in_frame = false;
            if !self.is_sound() {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }
}
