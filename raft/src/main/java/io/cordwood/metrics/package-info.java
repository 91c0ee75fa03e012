/** What a node counts: the catalogue of its metrics, and the meters that are made from it. */
@NullMarked
package io.cordwood.metrics;

import org.jspecify.annotations.NullMarked;
