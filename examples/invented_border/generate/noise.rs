//! Seeded chance and smooth noise. Only additions, multiplications and integer mixing, so that every machine agrees.

/// SplitMix64: one word of state, equal streams everywhere.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// Uniform in 0 to below 1.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Nearly normal, mean 0 and standard deviation 1: twelve uniforms, so no logarithm is needed.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The gradient at a lattice point, each part within -1 and 1.
fn gradient(seed: u64, ix: i64, iy: i64) -> (f64, f64) {
    let hash = mix(seed ^ mix((ix as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ mix(iy as u64)));
    let part = |bits: u64| (bits & 0xFFFF) as f64 / 32767.5 - 1.0;
    (part(hash), part(hash >> 16))
}

fn fade(t: f64) -> f64 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// Gradient noise in the plane, mean 0, about -1 to 1, wavelength about 1.
pub fn noise(seed: u64, x: f64, y: f64) -> f64 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy, u, v) = (fx as i64, fy as i64, x - fx, y - fy);
    let corner = |dx: i64, dy: i64| {
        let (gx, gy) = gradient(seed, ix + dx, iy + dy);
        gx * (u - dx as f64) + gy * (v - dy as f64)
    };
    let (a, b) = (fade(u), fade(v));
    let low = corner(0, 0) + a * (corner(1, 0) - corner(0, 0));
    let high = corner(0, 1) + a * (corner(1, 1) - corner(0, 1));
    1.6 * (low + b * (high - low))
}

/// Noise with `octaves` of ever finer detail, each half as strong as the one before.
pub fn fractal(seed: u64, x: f64, y: f64, octaves: u32) -> f64 {
    let (mut sum, mut scale, mut strength) = (0.0, 1.0, 1.0);
    for octave in 0..octaves {
        sum += strength * noise(seed.wrapping_add(u64::from(octave)), x * scale, y * scale);
        scale *= 2.03;
        strength *= 0.5;
    }
    sum
}

/// 0 below `from`, 1 above `to`, smooth between.
pub fn smoothstep(from: f64, to: f64, x: f64) -> f64 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
