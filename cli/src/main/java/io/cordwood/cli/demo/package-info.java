/** The demo: a cluster loses its busiest node under load, and every record is accounted for. */
@NullMarked
package io.cordwood.cli.demo;

import org.jspecify.annotations.NullMarked;
