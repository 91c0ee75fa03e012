package io.cordwood.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class QueryTest {
    @Test
    void valuesAreDecodedAndAPlusStaysOne() {
        var query = Query.parse("start=@2026-11-20T10:00+01:00&topic=a%2Fb&empty=&alone");

        assertThat(query.names()).containsExactly("start", "topic", "empty", "alone");
        assertThat(query.one("start")).contains("@2026-11-20T10:00+01:00");
        assertThat(query.one("topic")).contains("a/b");
        assertThat(query.one("empty")).contains("");
        assertThat(query.one("alone")).contains("");
        assertThat(query.one("absent")).isEmpty();
    }

    @Test
    void severalOfANameComeInTheirOrderWhereTheyMay() {
        var query = Query.parse("p=2&p=1");

        assertThat(query.all("p")).containsExactly("2", "1");
        assertThatThrownBy(() -> query.one("p")).isInstanceOf(HttpRefusedException.class);
    }

    @Test
    void nothingIsNoParameter() {
        assertThat(Query.parse(null).names()).isEmpty();
        assertThat(Query.parse("").names()).isEmpty();
    }
}
