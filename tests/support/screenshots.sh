#!/usr/bin/env bash
# Makes every picture in screenshots/ anew: the screens over made-up machines as SVG, the same bytes
# each time, and those as PNG; the frames of the story as one GIF.
# usage: screenshots.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1 out=$1/screenshots
export LC_ALL=C.UTF-8 TZ=UTC
rm -rf "$out"
mkdir -p "$out/again" || exit
"$build/tests/support/tools/pictures" "$out" && "$build/tests/support/tools/pictures" "$out/again" || exit
story=()
for svg in "$out"/*.svg; do
    name=$(basename "$svg" .svg)
    cmp "$svg" "$out/again/$name.svg" || { echo "screenshots: two runs differ" >&2; exit 1; }
    if [[ $name = story-* ]]; then # story-NUMBER-TENTHS: how long it stands
        rsvg-convert -z 1 "$svg" -o "$out/$name.png" || exit
        story+=(-delay "$((10#${name##*-} * 10))" "$out/$name.png")
        continue
    fi
    rsvg-convert -z 1.5 "$svg" -o "$out/$name.png" &&
        convert "$out/$name.png" +dither -colors 128 -strip "PNG8:screenshots/$name.png" || exit
    echo "screenshots/$name.png"
done
# One palette for all frames, so that what stands still costs nothing.
convert "$out"/story-*.png -append +dither -colors 24 -unique-colors "$out/palette.png" &&
    convert "${story[@]}" -loop 0 +dither -remap "$out/palette.png" "$out/story.gif" &&
    gifsicle -O3 "$out/story.gif" -o screenshots/story.gif || exit
echo "screenshots/story.gif $(stat -c %s screenshots/story.gif) bytes"
