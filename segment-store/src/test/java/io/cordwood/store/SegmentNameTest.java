package io.cordwood.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class SegmentNameTest {

    /**
     * Else the next start, under another locale, would not find the files, and take their records for lost.
     */
    @Test
    void nameIsTheSameInEveryLocale() {
        var before = Locale.getDefault();
        try {
            for (String locale : new String[] {"en-US", "ar-EG-u-nu-arab", "th-TH-u-nu-thai", "tr-TR"}) {
                Locale.setDefault(Locale.forLanguageTag(locale));

                assertThat(Segment.fileName(42_000)).as(locale).isEqualTo("00000000000000042000.log");
                assertThat(Segment.fileName(42_000, 13)).as(locale).isEqualTo("00000000000000042000.13.log");
                assertThat(Segment.parseFileName(Path.of(Segment.fileName(7, 2))))
                        .isPresent();
            }
        } finally {
            Locale.setDefault(before);
        }
    }
}
