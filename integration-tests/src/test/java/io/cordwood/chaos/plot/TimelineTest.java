package io.cordwood.chaos.plot;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.check.SimulatedRun;
import io.cordwood.chaos.history.Event;
import io.cordwood.chaos.history.HarmKind;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import io.cordwood.chaos.history.Recorder;
import io.cordwood.chaos.history.Value;
import io.cordwood.client.TopicPartition;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/** The picture is well-formed and shows what happened where it happened. */
class TimelineTest {
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final long SECOND = 1_000_000_000;
    /** Of 100 s: the drawing goes from 170 to 1580. */
    private static final double PIXELS_PER_SECOND = 14.1;

    @Test
    void faultsAreBarsOfTheirKindAndNode() throws Exception {
        var run = new Run();
        run.faultOf(HarmKind.KILL, List.of(2), 10, 20);
        run.faultOf(HarmKind.CUT, List.of(1, 3), 30, 30);
        run.faultOf(HarmKind.KILL, List.of(2), 50, 60);
        var picture = run.picture("seed 7 <&> \"all\"");

        var bars = elements(picture, "rect", "fault");

        assertThat(bars).hasSize(4);
        assertThat(texts(picture)).contains("kills, node 2", "cuts, node 1", "cuts, node 3", "seed 7 <&> \"all\"");
        assertThat(bars)
                .filteredOn(bar -> bar.getTextContent().startsWith("kills, node 2: why, 10.000000 s to 20"))
                .singleElement()
                .satisfies(bar -> {
                    assertThat(number(bar, "x")).isCloseTo(170 + 10 * PIXELS_PER_SECOND, within());
                    assertThat(number(bar, "width")).isCloseTo(10 * PIXELS_PER_SECOND, within());
                });
        assertThat(bars).allSatisfy(bar -> assertThat(number(bar, "width")).isGreaterThanOrEqualTo(1));
    }

    @Test
    void gapsAndLeadersAreMarked() throws Exception {
        var run = new Run();
        for (int second : new int[] {1, 2, 3, 40, 41}) {
            run.acknowledged(second);
        }
        run.at(42);
        run.recorder.note("nemesis", new Operation.LeaderSeen(PARTITION, 2, 5), "");
        var picture = run.picture("");

        assertThat(elements(picture, "rect", "gap")).singleElement().satisfies(gap -> {
            assertThat(gap.getTextContent()).startsWith("orders-0 without an acknowledgement for 37.000000 s");
            assertThat(number(gap, "x")).isCloseTo(170 + 3 * PIXELS_PER_SECOND, within());
            assertThat(number(gap, "width")).isCloseTo(37 * PIXELS_PER_SECOND, within());
        });
        assertThat(elements(picture, "line", "leader"))
                .singleElement()
                .satisfies(tick -> assertThat(number(tick, "x1")).isCloseTo(170 + 42 * PIXELS_PER_SECOND, within()));
        assertThat(texts(picture)).contains("orders-0");
    }

    @Test
    void ratesAreCurvesAsHighAsTheMost() throws Exception {
        var run = new Run();
        IntStream.range(0, 10).forEach(i -> run.acknowledged(5));
        run.acknowledged(20);
        var picture = run.picture("");

        var curve = elements(picture, "polyline", "acknowledged").get(0);
        var points =
                Pattern.compile(" ").splitAsStream(curve.getAttribute("points")).toList();

        assertThat(points).hasSize(101);
        assertThat(points.get(5)).endsWith(",64.0");
        assertThat(points.get(6)).endsWith(",250.0");
        assertThat(points.get(20)).endsWith(",231.4");
        assertThat(texts(picture)).contains("10/s", "0 s", "100 s");
    }

    @Test
    void wholeRunFitsIntoThePicture() throws Exception {
        var picture = parsed(Timeline.svg(SimulatedRun.history(1), "whole"));

        assertThat(elements(picture, "rect", "fault")).isNotEmpty();
        assertThat(elements(picture, "line", "heal")).hasSize(1);
        for (var bar : elements(picture, "rect", "")) {
            double x = bar.hasAttribute("x") ? number(bar, "x") : 0;
            double y = bar.hasAttribute("y") ? number(bar, "y") : 0;
            assertThat(x + number(bar, "width")).isBetween(0.0, 1600.0);
            assertThat(y + number(bar, "height")).isBetween(0.0, 900.0);
        }
        assertThat(picture.getElementsByTagName("script").getLength()).isZero();
    }

    @Test
    void manyRowsGetThin() throws Exception {
        var run = new Run();
        for (int node = 1; node <= 200; node++) {
            run.faultOf(HarmKind.PAUSE, List.of(node), 1, 2);
        }
        var picture = run.picture("");

        assertThat(elements(picture, "rect", "fault"))
                .hasSize(200)
                .allSatisfy(bar ->
                        assertThat(number(bar, "y") + number(bar, "height")).isLessThan(861));
        assertThat(texts(picture)).noneMatch(text -> text.startsWith("pauses"));
    }

    @Test
    void emptyRunHasAPicture() throws Exception {
        assertThat(parsed(Timeline.svg(History.of(List.of()), ""))
                        .getDocumentElement()
                        .getAttribute("width"))
                .isEqualTo("1600");
    }

    private static Offset<Double> within() {
        return Offset.offset(0.2);
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    private static List<Element> elements(Document picture, String tag, String type) {
        var nodes = picture.getElementsByTagName(tag);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .filter(element ->
                        type.isEmpty() || element.getAttribute("class").equals(type))
                .toList();
    }

    private static List<String> texts(Document picture) {
        return elements(picture, "text", "").stream()
                .map(Element::getTextContent)
                .toList();
    }

    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    /** A run of 100 s, taken down second by second. */
    private static final class Run {
        private final List<Event> events = new ArrayList<>();
        private final AtomicLong clock = new AtomicLong();
        private final Recorder recorder = new Recorder(events::add, clock::get);
        private long records;

        void at(long second) {
            clock.set(second * SECOND);
        }

        void faultOf(HarmKind kind, List<Integer> nodes, long from, long to) {
            var what = new Operation.Fault(kind, nodes, "why");
            at(from);
            long operation = recorder.invoke("nemesis", what);
            at(to);
            recorder.ok("nemesis", operation, what);
        }

        void acknowledged(long second) {
            at(second);
            var what = Operation.Produce.of(PARTITION, new Value("p0", records), true);
            recorder.ok("producer-0", recorder.invoke("producer-0", what), what.at(records++, 1));
        }

        Document picture(String title) throws Exception {
            at(100);
            recorder.note("final", new Operation.EndOffset(PARTITION, records), "");
            return parsed(Timeline.svg(History.of(events), title));
        }
    }
}
