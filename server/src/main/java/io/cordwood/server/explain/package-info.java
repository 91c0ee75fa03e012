/**
 * Why something does not go on: pictures of what is known, and the causes that follow from them. Nothing
 * here asks anybody anything.
 */
@NullMarked
package io.cordwood.server.explain;

import org.jspecify.annotations.NullMarked;
