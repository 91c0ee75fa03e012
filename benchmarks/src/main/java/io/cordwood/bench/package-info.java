/** One JMH class per question. */
@NullMarked
package io.cordwood.bench;

import org.jspecify.annotations.NullMarked;
