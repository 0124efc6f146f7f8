//! Places on earth: distances, the straight way drawn on a map. The routing provider port (REQ-77) will stand beside it;
//! until then a road is the great circle times 1.3.

use model::api::hub::Point;

/// Mean radius of the earth in metres.
const EARTH_M: f64 = 6_371_008.8;
/// Roads are longer than the great circle by this factor (REQ-77).
pub const ROAD_FACTOR: f64 = 1.3;

/// Great-circle distance in metres.
pub fn haversine_m(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = ((lat_b - lat_a) / 2.0).sin();
    let half_lon = ((b.lon - a.lon).to_radians() / 2.0).sin();
    let h = half_lat * half_lat + lat_a.cos() * lat_b.cos() * half_lon * half_lon;
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}

/// Length of the road between two places in kilometres.
pub fn road_km(a: Point, b: Point) -> f64 {
    haversine_m(a, b) * ROAD_FACTOR / 1_000.0
}

/// Whether a point lies on earth: finite, latitude within 90 degrees, longitude within 180.
pub fn is_on_earth(p: Point) -> bool {
    p.lat.is_finite() && p.lon.is_finite() && p.lat.abs() <= 90.0 && p.lon.abs() <= 180.0
}

/// A way to draw: `pieces + 1` points on the straight line, ends included.
pub fn straight_way(from: Point, to: Point, pieces: u32) -> Vec<Point> {
    let pieces = pieces.max(1);
    (0..=pieces)
        .map(|i| {
            let part = f64::from(i) / f64::from(pieces);
            Point { lat: from.lat + (to.lat - from.lat) * part, lon: from.lon + (to.lon - from.lon) * part }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_degree_of_latitude_is_111_km() {
        let d = haversine_m(Point { lat: 12.0, lon: 77.0 }, Point { lat: 13.0, lon: 77.0 });
        assert!((d - 111_195.0).abs() < 10.0, "{d}");
    }

    #[test]
    fn a_place_that_is_none_is_refused() {
        assert!(!is_on_earth(Point { lat: f64::NAN, lon: 0.0 }));
        assert!(!is_on_earth(Point { lat: 91.0, lon: 0.0 }));
        assert!(is_on_earth(Point { lat: -12.5, lon: 180.0 }));
    }

    #[test]
    fn a_way_has_its_ends() {
        let (a, b) = (Point { lat: 1.0, lon: 2.0 }, Point { lat: 3.0, lon: 4.0 });
        let way = straight_way(a, b, 4);
        assert_eq!((way.len(), way.first(), way.last()), (5, Some(&a), Some(&b)));
    }
}
