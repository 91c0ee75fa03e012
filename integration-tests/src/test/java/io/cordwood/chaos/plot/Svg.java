package io.cordwood.chaos.plot;

import java.util.Locale;

/**
 * Builds a picture from elements. Texts are escaped; numbers have one digit behind the point in every
 * locale.
 *
 * <p><b>Thread:</b> confined to one.
 */
final class Svg {
    private final StringBuilder text = new StringBuilder();

    Svg(int width, int height, String style) {
        text.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">%n",
                width,
                height,
                width,
                height));
        text.append("<style>").append(style).append("</style>\n");
        text.append("<rect class=\"paper\" width=\"")
                .append(width)
                .append("\" height=\"")
                .append(height)
                .append("\"/>\n");
    }

    /** What comes until {@link #end} belongs together. */
    void begin(String type, String id) {
        text.append("<g class=\"")
                .append(type)
                .append("\" id=\"")
                .append(escaped(id))
                .append("\">\n");
    }

    void end() {
        text.append("</g>\n");
    }

    /** @param hint what a viewer shows when one points at it */
    void bar(String type, Box box, String hint) {
        text.append(String.format(
                Locale.ROOT,
                "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>%n",
                type,
                box.x(),
                box.y(),
                // What is shorter than a pixel is seen too.
                Math.max(1, box.width()),
                box.height(),
                escaped(hint)));
    }

    /** @param box from its corner to the opposite one */
    void line(String type, Box box, String hint) {
        text.append(String.format(
                Locale.ROOT,
                "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"><title>%s</title></line>%n",
                type,
                box.x(),
                box.y(),
                box.x() + box.width(),
                box.y() + box.height(),
                escaped(hint)));
    }

    /** @param points pairs of x and y */
    void curve(String type, double[] points) {
        text.append("<polyline class=\"").append(type).append("\" points=\"");
        for (int i = 0; i < points.length; i += 2) {
            text.append(String.format(Locale.ROOT, "%.1f,%.1f ", points[i], points[i + 1]));
        }
        text.append("\"/>\n");
    }

    void words(String type, double x, double y, String words) {
        text.append(String.format(
                Locale.ROOT, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>%n", type, x, y, escaped(words)));
    }

    String finished() {
        return text + "</svg>\n";
    }

    record Box(double x, double y, double width, double height) {}

    private static String escaped(String plain) {
        var escaped = new StringBuilder();
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            switch (c) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                // Control characters have no place in XML.
                default -> escaped.append(c < ' ' || Character.isSurrogate(c) ? '?' : c);
            }
        }
        return escaped.toString();
    }
}
