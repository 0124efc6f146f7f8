#!/usr/bin/env bash
# Makes the fonts beside it anew from Debian's fonts-noto-core (20201225-1): Devanagari with all its shaping tables, and the
# Latin letters that stand between. No hints: a thermal head has no grey, and the outlines are filled without them.
# Needs: apt-get install fonts-noto-core python3-fonttools
set -euo pipefail
cd "$(dirname "$0")"
readonly FROM=${1:-/usr/share/fonts/truetype/noto}
subset() {
    /usr/bin/python3 -m fontTools.subset "$FROM/$1.ttf" --output-file="$1.ttf" --unicodes="$2" --layout-features="$3" \
        --layout-scripts='*' --no-hinting --name-IDs=0,1,2,3,4,5,6,13,14 --no-recalc-timestamp
}
for weight in Regular Bold; do
    subset "NotoSansDevanagari-$weight" 'U+0020,U+0900-097F,U+200C,U+200D,U+25CC' '*'
    subset "NotoSans-$weight" \
        'U+0020-007E,U+00A0-00FF,U+2010-2014,U+2018-201E,U+2022,U+2026,U+20B9,U+2122,U+2212' 'kern,mark,mkmk,ccmp,locl'
done
