package io.cordwood.cli.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonTest {
    @Test
    void writesNestedValuesInTheirOrder() {
        var map = new LinkedHashMap<String, Object>();
        map.put("b", 1);
        map.put("a", List.of(true, "x", 1.5));

        assertThat(Json.of(map)).isEqualTo("{\"b\":1,\"a\":[true,\"x\",1.5]}");
    }

    @Test
    void escapesWhatJsonDoesNotTake() {
        assertThat(Json.of("q\" b\\ n\n r\r t\t c\u0001 é")).isEqualTo("\"q\\\" b\\\\ n\\n r\\r t\\t c\\u0001 é\"");
    }

    @Test
    void writesEmptyCollectionsAndNull() {
        assertThat(Json.of(Arrays.asList(List.of(), Map.of(), null))).isEqualTo("[[],{},null]");
    }
}
