-- Which plays the stored counts are.
FROM watermark
