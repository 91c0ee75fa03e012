package io.cordwood.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

class CataloguePageTest {
    @Test
    void pageSaysWhatTheCatalogueSays() throws IOException {
        var file = Repository.root().resolve("docs/metrics.md");
        if (Boolean.getBoolean("cordwood.write-docs")) {
            Files.writeString(file, CataloguePage.text());
        }

        assertThat(file).as("write it anew: its head says how").hasContent(CataloguePage.text());
    }
}
